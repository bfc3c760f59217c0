"""``python -m tests.soak [--seconds S] [--seed N] ...``; ends with 1 if anything happened that must not."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from functools import partial
from pathlib import Path

from tests.soak.soak import Options, soak

say = partial(print, flush=True)


def main() -> int:
    """Run the soak, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=600, help="for how long, all in all (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, help="what every choice comes from (default: another each time)")
    parser.add_argument("--providers", type=int, default=200, help="how many (default: %(default)s)")
    parser.add_argument("--callers", type=int, default=256, help="how many (default: %(default)s)")
    parser.add_argument("--calm", type=float, default=15, help="seconds between looks at what is held")
    parser.add_argument("--report", type=float, default=60, help="seconds between reports")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the result goes as JSON")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    options = Options(seed, given.seconds, given.providers, given.callers, given.calm, given.report)
    say(f"soak for {options.seconds:g} s: {options.providers} providers, {options.callers} callers, seed {seed}")
    result = asyncio.run(soak(options, say))
    if given.json:
        given.json.write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    for violation, times in list(result.violations.items())[:40]:
        say(f"VIOLATION, {times} x: {violation}")
    for name, trail in result.trails.items():
        say("\n  ".join([f"what had happened to {name}:", *trail]))
    found = result.counts.get("violations", 0)
    say(f"{found} things happened that must not" if found else "nothing happened that must not")
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
