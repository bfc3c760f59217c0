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

_BASE = '''
class BaseProvider:
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        raise NotImplementedError

    async def cleanup(self):
        raise NotImplementedError
'''


def comparisons(plan: Plan) -> Iterator[Comparison]:
    """A tree of all kinds of files, and one without any class."""
    size, repeats = plan.pick(1_000, 20), plan.pick(7, 1)
    yield Comparison(
        f"a tree of {size:,} files, two thirds of them with classes, a third with providers",
        "CPU ms",
        (
            Arm(FLOOR, "floor", partial(_over, size, 3, _parse_with_libcst)),
            Arm(OURS, "purveyor", partial(_over, size, 3, _scan)),
            Arm("ast.parse of all", "explains", partial(_over, size, 3, _parse_with_ast)),
            Arm("purveyor read_project", "explains", partial(_over, size, 3, _read)),
            Arm("purveyor read_project and classify", "explains", partial(_over, size, 3, _classify)),
        ),
        (times(OURS, 1.3, FLOOR),),
        repeats,
    )
    yield Comparison(
        f"a tree of {size:,} files without a class",
        "CPU ms",
        (
            Arm(PLAIN_FLOOR, "floor", partial(_over, size, 1, _parse_with_libcst)),
            Arm(OURS, "purveyor", partial(_over, size, 1, _scan)),
        ),
        (times(OURS, 0.5, PLAIN_FLOOR),),
        repeats,
    )


@asynccontextmanager
async def _over(size: int, kinds: int, task: Callable[[Path, Sequence[bytes]], Any]) -> Opened:
    """A tree of generated files, and what is to be done with it; the candidates' bytes are read beforehand."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        candidates = _generate(root, size, kinds)
        yield _measuring(task, root, candidates)


def _measuring(task: Callable[[Path, Sequence[bytes]], Any], root: Path, candidates: Sequence[bytes]) -> Repeat:
    async def measure() -> float:
        return cpu_ns(lambda: task(root, candidates), 1) / 1e6

    return measure


def _generate(root: Path, size: int, kinds: int) -> list[bytes]:
    """Write the files, of one kind or of three in equal parts: functions only, models too, providers too.

    Returns:
        The bytes of those that are candidates; of all, where none holds a class.
    """
    chance = random.Random(size)
    (root / "base.py").write_text(_BASE if kinds > 1 else "")
    candidates: list[bytes] = []
    for number in range(size - 1):
        folder = root / f"package{number % 20}"
        folder.mkdir(exist_ok=True)
        kind = number % kinds
        heads = ["from __future__ import annotations", "from dataclasses import dataclass, field"]
        if kind == 2:
            heads.append("from base import BaseProvider")
        parts = {0: [_FUNCTION], 1: [_FUNCTION, _MODEL], 2: [_FUNCTION, _MODEL, _PROVIDER]}[kind]
        body = [
            part.format(name=f"Thing{number}x{index}", number=chance.randrange(100))
            for index in range(4)
            for part in parts
        ]
        text = "\n".join(heads) + "\n" + "".join(body)
        (folder / f"module{number}.py").write_text(text)
        if kind or kinds == 1:
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


def _read(root: Path, _: Sequence[bytes]) -> None:
    from purveyor.migrate.source import read_project

    read_project(root)


def _classify(root: Path, _: Sequence[bytes]) -> None:
    from purveyor.migrate.scan import classify
    from purveyor.migrate.source import read_project

    classify(read_project(root))
