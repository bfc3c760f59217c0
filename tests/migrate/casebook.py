"""The cases: small projects as they are before a migration, what a scan is to say of them, what they are after.

``python -m tests.migrate.casebook [NAME ...]`` writes the ``after`` of cases anew. Read each change of one by eye: the
tests only compare.
"""

from __future__ import annotations

import ast
import json
import shutil
import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["CASES", "Case", "class_sources", "compiles", "is_unchanged", "parse", "snapshot"]

FOLDER = Path(__file__).parent / "cases"

CHANGED = {"converted", "converted-with-warnings"}


@dataclass(frozen=True)
class Case:
    """One case: a folder with ``before``, ``expected.json`` and, if it changes, ``after`` with the files that do."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def expected(self) -> Any:
        return json.loads((self.folder / "expected.json").read_bytes())

    @property
    def is_for_this_python(self) -> bool:
        """Whether the interpreter that runs the tests knows the syntax of the case."""
        needed = self.expected.get("needs_python", "3.0")
        return sys.version_info[:2] >= tuple(int(part) for part in needed.split("."))

    @property
    def must_not_change(self) -> bool:
        """Whether nothing in it may change: no class is converted, or it was before, or the file may not be written."""
        states = [allowed(entry["state"]) for entry in self.expected["classes"]]
        if "apply_refuses" in self.expected or self.expected.get("unchanged", False):
            return True
        return all(CHANGED.isdisjoint(each) for each in states)

    @property
    def must_change(self) -> bool:
        states = [allowed(entry["state"]) for entry in self.expected["classes"]]
        return any(CHANGED.issuperset(each) for each in states) and not self.must_not_change

    @property
    def after(self) -> dict[str, bytes]:
        folder = self.folder / "after"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def copy_to(self, place: Path) -> Path:
        """The case's ``before`` in a place of its own, with the modes that git does not keep."""
        root = Path(shutil.copytree(self.folder / "before", place, ignore=shutil.ignore_patterns("__pycache__")))
        for path, mode in self.expected.get("modes", {}).items():
            (root / path).chmod(mode)
        return root

    def __repr__(self) -> str:
        return self.name


CASES = [Case(folder) for folder in sorted(FOLDER.iterdir()) if (folder / "expected.json").is_file()]


def allowed(expected: str | list[str]) -> list[str]:
    """What is expected, as a list of everything that will do."""
    return [expected] if isinstance(expected, str) else expected


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a tree, with its mode and its bytes; but for the journal of migrations."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mode & 0o7777, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".purveyor" not in path.relative_to(root).parts
    }


def parse(data: bytes) -> ast.Module:
    """A file's tree, without the warnings that old code causes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)


def compiles(data: bytes, path: str = "<case>") -> bool:
    """Whether Python takes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(data, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def class_sources(data: bytes) -> list[tuple[str, str, bytes, range]]:
    """Each class of a file, in order: name, qualified name, bytes (decorators included), lines of its statement."""
    lines = data.splitlines(keepends=True) if b"\x0c" not in data else _lines(data)
    found: list[tuple[str, str, bytes, range]] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.ClassDef):
                first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                body = child.body[0]
                opening = min([body.lineno, *(each.lineno for each in getattr(body, "decorator_list", ()))])
                source = b"".join(lines[first - 1 : child.end_lineno])
                header = range(child.lineno, max(opening, child.lineno + 1))
                found.append((child.name, prefix + child.name, source, header))
                inner = f"{prefix}{child.name}."
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = f"{prefix}{child.name}.<locals>."
            visit(child, inner)

    visit(parse(data), "")
    return found


def is_unchanged(before: bytes, after: bytes, qualname: str) -> bool:
    """Whether the classes of this qualified name have the same bytes in both."""

    def chosen(data: bytes) -> list[bytes]:
        return [source.rstrip() for _, name, source, _ in class_sources(data) if name == qualname]

    return chosen(before) == chosen(after)


def _lines(data: bytes) -> list[bytes]:
    """Lines as the parser counts them: a form feed does not end one."""
    return [line + b"\n" for line in data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")]


def _write_after(case: Case) -> None:
    from purveyor.migrate.change.plan import converted, make_plan

    with tempfile.TemporaryDirectory() as folder:
        root = case.copy_to(Path(folder) / "tree")
        plan = make_plan(root, relative_to=Path(folder))
        after = case.folder / "after"
        shutil.rmtree(after, ignore_errors=True)
        for file in plan.files:
            target = after / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(converted(plan, file, (root / file.path).read_bytes()))


if __name__ == "__main__":
    for each in CASES:
        if each.is_for_this_python and (not sys.argv[1:] or each.name in sys.argv[1:]):
            _write_after(each)
