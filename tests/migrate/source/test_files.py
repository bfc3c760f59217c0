"""A tree is read whole, safely, and without a trace."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from purveyor.errors import SourceNotFoundError
from purveyor.migrate.source import SourceFile, files, read_tree
from purveyor.migrate.source.files import MAX_BYTES
from tests.migrate.source.trees import write


def one(root: Path, content: bytes | str) -> SourceFile:
    write(root, {"one.py": content})
    return read_tree(root)[0]


def told(root: Path, **options: object) -> dict[str, str | None]:
    return {file.path: file.reason for file in read_tree(root, **options)}  # type: ignore[arg-type]


def test_the_files_of_a_tree_come_sorted_with_their_module_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "b.py": "",
            "a/__init__.py": "",
            "a/z.py": "",
            "a/b/c.pyw": "",
            "__init__.py": "",
            "a.txt": "",
            "a-b.py": "",
        },
    )
    found = read_tree(tmp_path)
    assert [(file.path, file.module, file.is_package) for file in found] == [
        ("__init__.py", "", True),
        ("a-b.py", "a-b", False),
        ("a/__init__.py", "a", True),
        ("a/b/c.pyw", "a.b.c", False),
        ("a/z.py", "a.z", False),
        ("b.py", "b", False),
    ]
    assert {file.status for file in found} == {"ok"}


def test_a_root_may_be_one_file(tmp_path: Path) -> None:
    write(tmp_path, {"tool.py": "class A: ...", "other.py": ""})
    (file,) = read_tree(tmp_path / "tool.py")
    assert (file.path, file.module, file.text) == ("tool.py", "tool", "class A: ...")


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"nowhere: no such file or folder; name the folder"):
        read_tree(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        read_tree(tmp_path / "nowhere")


def test_what_is_no_ones_source_is_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "kept.py": "",
            ".hidden/a.py": "",
            "__pycache__/a.py": "",
            "node_modules/a.py": "",
            "env/pyvenv.cfg": "",
            "env/lib/a.py": "",
            "x-1.0.dist-info/a.py": "",
            "deep/.git/a.py": "",
            "deep/.hook.py": "",
            "stub.pyi": "",
        },
    )
    assert sorted(told(tmp_path)) == ["deep/.hook.py", "kept.py"]


def test_a_root_that_is_an_environment_or_hidden_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {".venv/pyvenv.cfg": "", ".venv/a.py": ""})
    assert sorted(told(tmp_path / ".venv")) == ["a.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("tests", ["a/b.py", "c.py"]),
        ("a", ["c.py", "tests/t.py"]),
        ("a/*", ["c.py", "tests/t.py"]),
        ("*.py", []),
        ("a/b.py", ["c.py", "tests/t.py"]),
        ("C.py", ["a/b.py", "c.py", "tests/t.py"]),
    ],
)
def test_patterns_leave_files_and_folders_out(tmp_path: Path, pattern: str, left: list[str]) -> None:
    write(tmp_path, {"a/b.py": "", "c.py": "", "tests/t.py": ""})
    assert sorted(told(tmp_path, exclude=[pattern])) == left


def test_progress_counts_every_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "b.py": "("})
    seen: list[tuple[int, int, str]] = []
    read_tree(tmp_path, progress=lambda *step: seen.append(step))
    assert seen == [(1, 2, "a.py"), (2, 2, "b.py")]


def test_the_copies_that_a_journal_names_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.py": "",
            "a_legacy.py": "",
            "b_legacy.py": "",
            "d_legacy.py": "",
            ".purveyor/migrate/0123/copies.json": json.dumps(["a_legacy.py", "a.py", 3]),
            ".purveyor/migrate/4567/copies.json": "not json",
            ".purveyor/migrate/89ab/copies.json": '{"b_legacy.py": 1}',
            ".purveyor/migrate/cdef/copies.json": "[" * 100_000,
        },
    )
    assert sorted(told(tmp_path)) == ["a.py", "b_legacy.py", "d_legacy.py"]


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"x = 1\n", "utf-8", "x = 1\n"),
        ("x = 'ä'\n".encode(), "utf-8", "x = 'ä'\n"),
        (b"\xef\xbb\xbfx = 1\r\n", "utf-8-sig", "x = 1\r\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", "iso-8859-1", "# -*- coding: latin-1 -*-\nx = 'ä'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", "cp1252", None),
        (b"# one\r# coding: latin-1\rx = '\xe4'\r", "iso-8859-1", "# one\r# coding: latin-1\rx = 'ä'\r"),
        (b"x = 1\x0c\ny = 2\n", "utf-8", "x = 1\x0c\ny = 2\n"),
        (b"if x:\n\ty = 1\n", "utf-8", "if x:\n\ty = 1\n"),
        (b"", "utf-8", ""),
    ],
)
def test_text_is_decoded_as_python_decodes_it(
    tmp_path: Path, data: bytes, encoding: str, text: str | None
) -> None:
    file = one(tmp_path, data)
    assert (file.status, file.encoding) == ("ok", encoding)
    assert text is None or file.text == text
    assert file.text.encode(file.encoding) == data == file.data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"# coding: klingon\n", "unknown encoding: klingon"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem: utf-8"),
        (b"x = 1\ny = 2\nz = '\xff'\n", "line 3: invalid start byte, as utf-8"),
        (b"x = 1\ry = 2\rz = '\xff'\r", "line 3: invalid start byte, as utf-8"),
        (b"x = '\xff'\n", "invalid or missing encoding declaration"),
        (b"# coding: hex\n00\n", "'hex' is not a text encoding"),
        (b"# coding: undefined\nx\n", "undefined encoding"),
    ],
)
def test_what_is_no_text_is_told(tmp_path: Path, data: bytes, reason: str) -> None:
    file = one(tmp_path, data)
    assert file.status == "undecodable"
    assert reason in (file.reason or "")
    assert (file.data, file.text, file.tree) == (data, "", None)


READER = f", as Python {sys.version_info[0]}.{sys.version_info[1]} reads it"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\ndef f(:\n", "line 2: invalid syntax" + READER),
        ("if x:\n\ty = 1\n        z = 2\n", "line 3: inconsistent use of tabs and spaces in indentation" + READER),
        ("x = 1\r\ny = '\0'\n", "line 2: a null byte"),
        ("(" * 5_000 + ")" * 5_000, "line 1: too many nested parentheses" + READER),
        ("-" * 100_000 + "1", "nested too deeply" + READER),
        ("print 'x'\n", "line 1: Missing parentheses in call to 'print'. Did you mean print(...)?" + READER),
    ],
)
def test_what_does_not_parse_is_told(tmp_path: Path, text: str, reason: str) -> None:
    file = one(tmp_path, text.encode())
    assert (file.status, file.reason) == ("unparsable", reason)
    assert file.tree is None
    assert file.text == text


def test_a_lone_surrogate_does_not_parse(tmp_path: Path) -> None:
    file = one(tmp_path, b"# coding: utf-7\nx = '+2AA-'\n")
    assert file.status in {"unparsable", "undecodable"}
    assert file.reason


def test_warnings_of_the_parser_are_the_authors_business(tmp_path: Path) -> None:
    assert one(tmp_path, "x = '\\d'\nassert (x, 'y')\nif x is 1: pass\ny = 1if x else 2\n").status == "ok"


@pytest.mark.parametrize(
    ("data", "newline"),
    [
        (b"", "\n"),
        (b"x", "\n"),
        (b"x\ny\n", "\n"),
        (b"x\r\ny\r\n", "\r\n"),
        (b"x\ry\r", "\r"),
        (b"x\r\ny\n", "mixed"),
        (b"x\ry\r\n", "mixed"),
    ],
)
def test_the_end_of_lines_is_known(data: bytes, newline: str) -> None:
    assert SourceFile("a.py", data).newline == newline


@pytest.mark.parametrize(
    ("text", "generated"),
    [
        ("# Generated by the protocol buffer compiler.  DO NOT EDIT!\n", True),
        ("#!/usr/bin/python\n\n# -*- coding: utf-8 -*-\n# do not modify\nimport x\n", True),
        ('# A tool\n\n"""Made by make.\n\nDo not edit.\n"""\n', True),
        ("'''@generated'''\n", True),
        ('"""Keeps texts generated by models."""\n', False),
        ("import x\n# generated by hand\n", False),
        ('x = "do not edit"\n', False),
        ("", False),
    ],
)
def test_a_generated_file_says_so_in_its_head(text: str, generated: bool) -> None:
    assert SourceFile("a.py", text=text).generated is generated


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"class A: pass\n\n\tclass B: pass\n", (1, 3)),
        (b"\xef\xbb\xbfclass A: pass", (1,)),
        (b"x = 1\r\rclass\\\rA: pass\r\n\x0cclass B: pass", (3, 5)),
        (b"classes = 1\nx = 'class '\nsubclass = 2\n", ()),
    ],
)
def test_lines_that_begin_as_a_class_statement_does(data: bytes, lines: tuple[int, ...]) -> None:
    assert SourceFile("a.py", data).class_lines == lines


def test_the_tree_is_the_same_each_time_and_can_be_had_again(tmp_path: Path) -> None:
    with_class = one(tmp_path, "class A: ...")
    assert with_class.tree is with_class.tree
    plain = one(tmp_path, "x = 1")
    assert "tree" not in vars(plain)  # not kept, for it may never be asked for
    assert isinstance(plain.tree, ast.Module)
    assert plain.tree is plain.tree


def test_digest_mode_and_names_of_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x"})
    (tmp_path / "a.py").chmod(0o440)
    os.link(tmp_path / "a.py", tmp_path / "b.py")
    first, second = read_tree(tmp_path)
    assert first.sha256 == hashlib.sha256(b"x").hexdigest()
    assert (first.mode, first.hardlinks, second.hardlinks) == (0o440, 2, 2)


def test_links_are_told_and_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"secret.py": "x"})
    root = write(tmp_path / "root", {"pkg/real.py": "class A: ...", "notes.txt": ""})
    (root / "alias.py").symlink_to("pkg/real.py")
    (root / "away.py").symlink_to(outside / "secret.py")
    (root / "data").symlink_to(outside)
    (root / "nowhere.py").symlink_to("gone.py")
    (root / "text.md").symlink_to(outside / "secret.py")
    (root / "pkg/up").symlink_to("..")
    (root / "circle.py").symlink_to("circle.py")
    found = {file.path: file for file in read_tree(root)}
    assert {path: file.reason for path, file in found.items()} == {
        "alias.py": "a symbolic link to pkg/real.py",
        "away.py": "a symbolic link that leads out of the tree",
        "circle.py": "a symbolic link that leads to no file",
        "data": "a symbolic link that leads out of the tree",
        "nowhere.py": "a symbolic link that leads to no file",
        "pkg/real.py": None,
    }
    assert found["alias.py"].alias_of == "pkg/real.py"
    assert {file.status for file in found.values() if file.reason} == {"undecodable"}
    assert all(not file.data for file in found.values() if file.reason)


def test_a_root_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "real", {"a.py": ""})
    (tmp_path / "link").symlink_to("real")
    assert told(tmp_path / "link") == {"a.py": None}


def test_pipes_sockets_and_folders_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket.py"))
        (tmp_path / "folder.py").mkdir()
        assert told(tmp_path) == {"pipe.py": "no regular file", "socket.py": "no regular file"}
        assert told(tmp_path / "pipe.py") == {"pipe.py": "no regular file"}
    assert told(Path("/dev/zero")) == {"zero": "no regular file"}


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "a.py")
    regular = (write(tmp_path, {"b.py": ""}) / "b.py").stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)
    assert files._read(tmp_path, "a.py").reason == "no regular file"


def test_a_file_of_more_than_ten_megabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big.py").open("wb") as big:
        big.truncate(MAX_BYTES + 1)
    with (tmp_path / "limit.py").open("wb") as limit:
        limit.write(b"#" * MAX_BYTES)
    assert told(tmp_path) == {"big.py": "larger than 10 MB", "limit.py": None}


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.py": "", "locked/b.py": "", "c.py": ""})
    real_open, real_scan = os.open, os.scandir

    def refuse(path: Path, flags: int) -> int:
        if Path(path).name == "a.py":
            raise PermissionError(13, "Permission denied")
        return real_open(path, flags)

    def refuse_folder(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real_scan(path)

    monkeypatch.setattr(os, "open", refuse)  # by hand, for root may read everything
    monkeypatch.setattr(os, "scandir", refuse_folder)
    assert told(tmp_path) == {
        "a.py": "it cannot be read: Permission denied",
        "c.py": None,
        "locked": "the folder cannot be listed: Permission denied",
    }


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "b.py": ""})
    found = {
        file.path: file.reason
        for file in files.read_files(
            files.list_tree(tmp_path), progress=lambda *_: (tmp_path / "b.py").unlink(missing_ok=True)
        )
    }
    assert found == {"a.py": None, "b.py": "it vanished while the tree was read"}


@pytest.mark.parametrize("change", ["longer", "shorter", "touched"])
def test_a_file_that_changes_while_it_is_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    place = write(tmp_path, {"a.py": "x = 1\n" * 100}) / "a.py"
    real = os.fstat
    calls: list[int] = []

    def fstat(descriptor: int) -> os.stat_result:
        seen = real(descriptor)
        if not calls and stat.S_ISREG(seen.st_mode):
            calls.append(descriptor)
            if change == "longer":
                with place.open("ab") as opened:
                    opened.write(b"y")
            elif change == "shorter":
                os.truncate(place, 3)
            else:
                os.utime(place, ns=(1, 1))
        return seen

    monkeypatch.setattr(os, "fstat", fstat)
    assert told(tmp_path) == {"a.py": "it changed while it was read"}


def test_reading_leaves_no_trace(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.py": "class A: ...", "bad.py": "(", "c.py": "import a.b"})

    def state() -> list[tuple[str, int, int]]:
        return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_mode) for path in tmp_path.rglob("*"))

    before = state()
    read_tree(tmp_path)
    assert state() == before
