"""``python -m benchmarks [SUBJECT ...] [--quick] [--json FILE]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Plan, run
from benchmarks.report import as_json, goals_table, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.harness import Comparison, Outcome

#: Each is a module of this package with `comparisons(plan)`.
SUBJECTS = (
    "importing", "footprint", "operation", "lookup", "capability",
    "lifecycle", "lifecycle_reload", "sqlite", "stall", "migrate_scan",
)  # fmt: skip
RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What Purveyor costs.")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small sizes, few repeats: to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the JSON goes (a new file in results/)")
    options = parser.parse_args(arguments)
    if unknown := set(options.subjects) - set(SUBJECTS):
        parser.error(f"no such subject: {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    target: Path = options.json or RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"

    outcomes: dict[str, list[Outcome]] = {}
    started = time.perf_counter()
    for subject in options.subjects or SUBJECTS:
        print(f"== {subject}\n", flush=True)
        outcomes[subject] = asyncio.run(
            _measure(import_module(f"benchmarks.{subject}").comparisons(Plan(options.quick)))
        )
    print(goals_table([outcome for found in outcomes.values() for outcome in found]))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(as_json(outcomes, quick=options.quick), indent=1) + "\n", encoding="utf-8")
    print(f"\n{time.perf_counter() - started:.0f} s; every repeat is in {target}")


async def _measure(comparisons: Iterable[Comparison]) -> list[Outcome]:
    outcomes = []
    for comparison in comparisons:
        outcomes.append(await run(comparison))
        print(table(outcomes[-1]), end="\n\n", flush=True)
    return outcomes


if __name__ == "__main__":
    main()
