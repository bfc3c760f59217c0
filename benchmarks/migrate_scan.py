"""A scan of legacy source, beside the parse that a rewrite of it takes."""

from __future__ import annotations

import random
import tempfile
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Arm, Comparison, Opened, Plan, cpu_ns, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.harness import Repeat

FLOOR = "LibCST, bare parse of the candidates"
OURS = "purveyor scan"
PLAIN_FLOOR = "LibCST, bare parse"

_PROVIDER = '''
class {name}Provider(BaseProvider):
    """Keeps what it is given, and gives it back."""

    def __init__(self, config):
        super().__init__(config)
        self.path = config.get("path", "{name}")
        self.limit = config.get("limit", {number})
        self.rows = {{}}

    async def initialize(self):
        if not self.path:
            raise ValueError("no path")
        for number in range(self.limit):
            self.rows[f"{{self.path}}/{{number}}"] = number

    async def cleanup(self):
        self.rows.clear()

    async def get(self, key, default=None):
        try:
            return self.rows[key]
        except KeyError:
            return default

    async def search(self, text, limit=10):
        return [key for key in sorted(self.rows) if text in key][:limit]
'''

_MODEL = '''
@dataclass
class {name}Record:
    """What is known of one."""

    key: str
    value: int = {number}
    labels: dict = field(default_factory=dict)

    def total(self, factor=1.0):
        return sum(len(label) for label in self.labels) * factor + self.value

    def __str__(self):
        return f"{{self.key}}={{self.value}}"
'''

_FUNCTION = '''
def {name}_of(rows, *, limit={number}, reverse=False):
    """Pick, count and sort."""
    found = {{}}
    for index, row in enumerate(rows):
        if not row or row.get("skip"):
            continue
        key = row.get("key", f"row-{{index}}")
        try:
            found[key] = found.get(key, 0) + int(row["value"])
        except (KeyError, ValueError) as error:
            raise RuntimeError(f"{{key}}: {{error}}") from error
        if len(found) >= limit:
            break
    return sorted(found.items(), key=lambda pair: pair[1], reverse=reverse)
'''

_BASE = """
class BaseProvider:
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        raise NotImplementedError

    async def cleanup(self):
        raise NotImplementedError
"""


#: What every ten files of a tree hold: functions only, models too, a provider too.
LEGACY = (0, 1, 1, 0, 1, 1, 0, 2, 1, 0)
CROWDED = (2, 0, 1, 2, 0, 1, 2, 0, 1, 0)
PLAIN = (0,)


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """A tree as they are, one that is full of providers, and one without any class."""
    size, repeats = plan.pick(1_000, 20), plan.pick(5, 1)
    for mix, share in ((LEGACY, "one in ten"), (CROWDED, "three in ten")):
        yield Comparison(
            f"a tree of {size:,} files, six in ten with classes, {share} with a provider",
            "CPU ms",
            (
                Arm(FLOOR, "floor", partial(_over, size, mix, _parse_with_libcst)),
                Arm(OURS, "purveyor", partial(_over, size, mix, _scan)),
                Arm("ast.parse of all", "explains", partial(_over, size, mix, _parse_with_ast)),
                Arm("purveyor read_project and classify", "explains", partial(_over, size, mix, _classify)),
            ),
            (times(OURS, 1.3, FLOOR),),
            repeats,
        )
    yield Comparison(
        f"a tree of {size:,} files without a class",
        "CPU ms",
        (
            Arm(PLAIN_FLOOR, "floor", partial(_over, size, PLAIN, _parse_with_libcst)),
            Arm(OURS, "purveyor", partial(_over, size, PLAIN, _scan)),
        ),
        (times(OURS, 0.5, PLAIN_FLOOR),),
        repeats,
    )


@asynccontextmanager
async def _over(size: int, mix: Sequence[int], task: Callable[[Path, Sequence[bytes]], Any]) -> Opened:
    """A tree of generated files, and what is to be done with it; the candidates' bytes are read beforehand."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        candidates = _generate(root, size, mix)
        yield _measuring(task, root, candidates)


def _measuring(task: Callable[[Path, Sequence[bytes]], Any], root: Path, candidates: Sequence[bytes]) -> Repeat:
    async def measure() -> float:
        return cpu_ns(lambda: task(root, candidates), 1) / 1e6

    return measure


def _generate(root: Path, size: int, mix: Sequence[int]) -> list[bytes]:
    """Write the files.

    Returns:
        The bytes of those that are candidates, which have a class; of all, where none has.
    """
    chance = random.Random(size)
    candidates: list[bytes] = []
    if len(mix) > 1:
        (root / "base.py").write_text(_BASE)
    for number in range(size - 1):
        folder = root / f"package{number % 20}"
        folder.mkdir(exist_ok=True)
        kind = mix[number % len(mix)]
        parts = [_FUNCTION, _FUNCTION, *([_MODEL, _MODEL] if kind else []), *([_PROVIDER] if kind == 2 else [])]
        heads = ["from __future__ import annotations", "from dataclasses import dataclass, field"]
        if kind == 2:
            heads.append("from base import BaseProvider")
        body = [
            part.format(name=f"Thing{number}x{index}", number=chance.randrange(100))
            for index, part in enumerate(parts)
        ]
        text = "\n".join(heads) + "\n" + "".join(body)
        (folder / f"module{number}.py").write_text(text)
        if kind or len(mix) == 1:
            candidates.append(text.encode())
    return candidates


def _parse_with_libcst(_: Path, candidates: Sequence[bytes]) -> None:
    import libcst

    for source in candidates:
        libcst.parse_module(source)


def _parse_with_ast(root: Path, _: Sequence[bytes]) -> None:
    import ast

    for path in root.rglob("*.py"):
        ast.parse(path.read_bytes())


def _scan(root: Path, _: Sequence[bytes]) -> None:
    from purveyor.migrate.scan import scan

    scan(root)


def _classify(root: Path, _: Sequence[bytes]) -> None:
    from purveyor.migrate.scan import classify
    from purveyor.migrate.source import read_project

    classify(read_project(root))
