"""Cases, mutated: no syntax error is ever introduced, no class goes unclassified, and every change can be undone."""

from __future__ import annotations

import ast
import io
import random
import re
import shutil
import tempfile
import tokenize
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from purveyor.migrate.change.plan import converted, make_plan, original
from purveyor.migrate.scan.report import scan
from tests.migrate.casebook import CASES, Case, compiles

if TYPE_CHECKING:
    from collections.abc import Callable

STATES = {"converted", "converted-with-warnings", "adapter", "refused", "not-a-provider"}
KINDS = {"provider", "base", "config", "error", "registry", "protocol", "data"}

#: Code of each version; where it is newer than the interpreter, the file is one that does not parse.
SNIPPETS = [
    "def _positional(a, /, b, *, c): return (d := a) + b + c",  # 3.8
    "_text = f'{1 + 1=}'",
    "def _pairs(x): return {**{}, 'a': x, **{}}",
    "@(lambda f: f)\ndef _any_decorator(): ...",  # 3.9
    "_merged: dict[str, int] = {'a': 1} | {'b': 2}",
    "def _matched(x):\n    match x:\n        case {'a': [1, *_], **rest} if rest: return x\n        case str() | None: return 1\n        case _: ...",
    "def _with():\n    with (open('a') as a, open('b') as b,): return a, b",  # 3.10
    "def _groups():\n    try: ...\n    except* (ValueError, TypeError) as group: return group",  # 3.11
    "def _star(*args: *tuple[int, ...]): return args",
    "class _Generic[T: int, *Ts, **P](dict[str, T]): ...",  # 3.12
    "type _Alias[T] = list[T]",
    "_nested = f'{f\"{'a'}\"}'",
    "def _default[T = int](x: T) -> T: return x",  # 3.13
    "_template = t'{1}'",  # 3.14
    "def _bare():\n    try: ...\n    except ValueError, TypeError: ...",
    "async def _comprehension(): return [x async for x in y if await x]",
    "class _Provider:\n    async def start(self): ...\n    async def stop(self): ...",
    "class _Odd: x: int; y = 1; 'z'",
    "if True:\n    class _Conditional:\n        async def open(self): ...\n        async def close(self): ...\nelse: pass",
    "lambda: (yield)",
    "nonlocal x",
    "print 'old'",
]

DECORATORS = [
    "@decorated",
    "@a.b.c",
    "@made(1, *x, key=']', **y)  # why",
    "@(\n{indent}    folded\n{indent})",
    "@staticmethod",
    "@property",
    "@table['x']",
    "@(lambda f: f)",
    "@dataclass",
    "@final  # type: ignore",
]

COMMENTS = [
    "#",
    "# comment",
    "#: documented",
    "# type: ignore",
    "# fmt: off",
    "#\tTAB ü",
    "# class Fake(Base):",
    "#\x0c",
]


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", text)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\x0c"))]


def _in_some_lines(change: Callable[[random.Random, str], str]) -> Callable[[random.Random, str], str]:
    def mutate(dice: random.Random, text: str) -> str:
        share = dice.choice([0.05, 0.3, 1.0])
        return "".join(change(dice, line) if dice.random() < share else line for line in _lines(text))

    return mutate


def _ended(line: str, with_: str) -> str:
    bare = line.rstrip("\r\n")
    return bare + with_ + line[len(bare) :]


def _decorate(dice: random.Random, line: str) -> str:
    if not re.match(r"\s*(?:async def|def|class)\b", line):
        return line
    indent = _indent(line)
    return f"{indent}{dice.choice(DECORATORS).format(indent=indent)}\n{line}"


def _wrap(dice: random.Random, text: str) -> str:
    head, tail = dice.choice(
        [
            ("if True:\n", ""),
            ("class Outer:\n", ""),
            ("def outer():\n", "    return locals()\n"),
            ("try:\n", "finally:\n    pass\n"),
            ("for _ in range(1):\n", ""),
            ("async def outer():\n", ""),
        ]
    )
    return head + "".join(f"    {line}" if line.strip() else line for line in _lines(text)) + "\n" + tail


def _insert(dice: random.Random, text: str) -> str:
    lines = _lines(text)
    snippet = dice.choice(SNIPPETS)
    at = dice.choice([0, len(lines), dice.randint(0, len(lines))])
    indent = _indent(lines[at]) if at < len(lines) else ""
    if at == len(lines) and lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    lines.insert(at, "".join(f"{indent}{line}\n" for line in snippet.splitlines()))
    return "".join(lines)


def _repeat(dice: random.Random, text: str) -> str:
    lines = _lines(text)
    first = dice.randint(0, len(lines))
    last = min(len(lines), first + dice.randint(1, 12))
    return "".join(lines[:last] + lines[first:])


def _drop(dice: random.Random, text: str) -> str:
    lines = _lines(text)
    if lines:
        del lines[dice.randrange(len(lines))]
    return "".join(lines)


def _rename(dice: random.Random, text: str) -> str:
    """Gives something a name that a converter would like to use itself, or that Python keeps to itself."""
    names = sorted(set(re.findall(r"\b[A-Za-z_]\w{2,}\b", text)))
    taken = [
        "operation",
        "settings",
        "LegacyProvider",
        "ProviderType",
        "dataclass",
        "Any",
        "SecretStr",
        "purveyor",
    ]
    if not names:
        return text
    return re.sub(rf"\b{dice.choice(names)}\b", dice.choice([*taken, "match", "type", "_", "é", "𝒏𝒂𝒎𝒆"]), text)


TEXT_MUTATIONS: dict[str, Callable[[random.Random, str], str]] = {
    "trailing white space": _in_some_lines(
        lambda dice, line: _ended(line, dice.choice([" ", "   ", "\t", " \x0c"]))
    ),
    "comments behind": _in_some_lines(lambda dice, line: _ended(line, f"  {dice.choice(COMMENTS)}")),
    "comments above": _in_some_lines(
        lambda dice, line: f"{dice.choice(['', _indent(line), ' '])}{dice.choice(COMMENTS)}\n{line}"
    ),
    "blank lines": _in_some_lines(
        lambda dice, line: dice.choice(["\n", "    \n", "\t\n", "\x0c\n", "\n\n\n"]) + line
    ),
    "form feeds": _in_some_lines(lambda dice, line: "\x0c" + line),
    "tabs": lambda _, text: re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), text),
    "two columns": lambda _, text: re.sub(r"(?m)^(?: {4})+", lambda found: "  " * (len(found[0]) // 4), text),
    "semicolons": _in_some_lines(lambda dice, line: _ended(line, dice.choice(["; pass", ";", " ; x = 1"]))),
    "continuations": _in_some_lines(lambda _, line: re.sub(r"(?<=[=,]) ", r" \\\n        ", line, count=1)),
    "wide brackets": _in_some_lines(lambda _, line: re.sub(r"\(self", "(\n        self", line)),
    "decorators": _in_some_lines(_decorate),
    "wrapped": _wrap,
    "snippets": _insert,
    "repeated": _repeat,
    "a line less": _drop,
    "renamed": _rename,
    "sync": lambda dice, text: re.sub(r"async def", lambda _: dice.choice(["async def", "def"]), text),
    "future": lambda _, text: f"from __future__ import annotations\n{text}",
    "docstring": lambda dice, text: (
        dice.choice(['"""Doc."""\n', "'a' 'b'\n", "r'''\nclass X: ...\n'''; y = 1\n"]) + text
    ),
    "one line": lambda _, text: re.sub(r":\n +(return|pass|self)", r": \1", text),
}

BYTE_MUTATIONS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "crlf": lambda _, data: data.replace(b"\n", b"\r\n"),
    "cr": lambda _, data: data.replace(b"\n", b"\r"),
    "mixed": lambda dice, data: re.sub(rb"\n", lambda _: dice.choice([b"\n", b"\r\n", b"\r"]), data),
    "byte order mark": lambda _, data: b"\xef\xbb\xbf" + data,
    "latin-1": lambda _, data: b"# -*- coding: latin-1 -*-\nCOFFEE = 'caf\xe9'\n" + data,
    "shift-jis": lambda _, data: b"# vim: set fileencoding=shift_jis :\nKANA = '\x83\x41\x83\x5c'\n" + data,
    "utf-8 cookie": lambda _, data: b"#!/usr/bin/python\n# coding: UTF-8\n" + data,
    "another cookie": lambda _, data: b"# coding: latin-1\n" + b"\xef\xbb\xbf" + data,
    "utf-16": lambda _, data: data.decode("utf-8", "replace").encode("utf-16"),
    "null": lambda dice, data: data + dice.choice([b"\0", b"# \0\n"]),
    "stray": lambda _, data: data + b"# \xff\n",
    "end of file": lambda dice, data: (
        data.rstrip() + dice.choice([b"", b" ", b"\n\n\n", b"\r", b"\n\x0c", b"\n    ", b"\\", b"#", b"\n\x1a"])
    ),
    "nothing": lambda _, data: data,
}

MUTABLE = [case for case in CASES if any(path.suffix == ".py" for path in (case.folder / "before").rglob("*"))]


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    case=st.sampled_from(MUTABLE),
    text=st.lists(st.sampled_from(sorted(TEXT_MUTATIONS)), max_size=3),
    byte=st.sampled_from(sorted(BYTE_MUTATIONS)),
    seed=st.integers(0, 2**32),
)
@example(case=MUTABLE[0], text=[], byte="nothing", seed=0)
def test_mutated_cases(case: Case, text: list[str], byte: str, seed: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = case.copy_to(Path(folder) / "tree")
        for path in sorted(root.rglob("*.py")):
            path.chmod(0o644)
            _mutate(path, dice, text, byte)
        _check(root)
        shutil.rmtree(root)


def _mutate(path: Path, dice: random.Random, text: list[str], byte: str) -> None:
    data = path.read_bytes()
    try:
        mutated = data.decode()
    except UnicodeDecodeError:
        return  # it is odd enough
    for name in text:
        mutated = TEXT_MUTATIONS[name](dice, mutated)
    path.write_bytes(BYTE_MUTATIONS[byte](dice, mutated.encode()))


def _check(root: Path) -> None:
    before = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.py"))}
    report: Any = scan(root).to_json()
    readable = {file["path"] for file in report["files"] if file["status"] == "ok"}
    classes = Counter((each["path"], each["line"]) for each in report["classes"])
    for path in sorted(readable):
        lines = [number for number in _class_lines(before[path]) if number]
        assert sorted(line for found, line in classes.elements() if found == path) == sorted(lines), path
    assert {path for path, _ in classes} <= readable
    for each in report["classes"]:
        assert each["kind"] in KINDS
        assert each["state"] in STATES
    for file in report["files"]:
        assert file["status"] == "ok" or not _parses(before[file["path"]]), file

    plan = make_plan(root, relative_to=root.parent)
    assert Counter((each["path"], each["line"]) for each in plan.classes) == classes
    for file in plan.files:
        data = before[file.path]
        after = converted(plan, file, data)
        assert compiles(data, file.path), "what Python does not take is left alone"
        assert compiles(after, file.path), f"a syntax error is introduced:\n{file.diff}"
        assert original(plan, file, after) == data
        (root / file.path).write_bytes(after)
    if plan.files:
        second = make_plan(root, relative_to=root.parent)
        assert not second.files, f"a second run changes more:\n{second.files[0].diff}"


def _class_lines(data: bytes) -> list[int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [node.lineno for node in ast.walk(ast.parse(data)) if isinstance(node, ast.ClassDef)]


def _parses(data: bytes) -> bool:
    try:
        data.decode(
            tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        )  # the parser overlooks some stray bytes
        _class_lines(data)
    except (SyntaxError, ValueError):
        return False
    return True
