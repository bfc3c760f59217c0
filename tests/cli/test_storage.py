"""`purveyor storage`, on the embedded `files`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from purveyor.cli import files
from tests.cli.conftest import PURVEYOR, Run


@pytest.fixture
def local(folder: Path) -> Path:
    file = folder / "local.txt"
    file.write_bytes(b"hello\0world\n" * 1000)
    return file


def test_put_get_head_delete(run: Run, local: Path, folder: Path) -> None:
    stored = run(
        "storage", "put", "files", "a/b.txt", str(local), "--metadata", "from=me", "--content-type", "x/y"
    )
    assert (stored.code, stored.out, stored.err) == (0, "", "stored a/b.txt (12.0 kB)\n")
    head = run("storage", "head", "files", "a/b.txt").out
    lines = dict(line.split(maxsplit=1) for line in head.splitlines())
    assert (lines["path"], lines["size"], lines["type"]) == ("a/b.txt", "12000 bytes", "x/y")
    assert lines["metadata.from"] == "me"
    assert "checksum" not in lines
    got = run("storage", "get", "files", "a/b.txt")
    assert (got.code, got.out, got.err) == (0, "", "fetched a/b.txt into b.txt (12.0 kB)\n")
    assert (folder / "b.txt").read_bytes() == local.read_bytes()
    deleted = run("storage", "delete", "files", "a/b.txt")
    assert (deleted.code, deleted.err) == (0, "deleted a/b.txt\n")


def test_get_never_overwrites_unless_forced(run: Run, local: Path, folder: Path) -> None:
    run("storage", "put", "files", "b.txt", str(local))
    (folder / "b.txt").write_text("mine")
    refused = run("storage", "get", "files", "b.txt")
    assert (refused.code, refused.err) == (
        1,
        "error: b.txt: there is a file already\n       --force replaces it\n",
    )
    assert (folder / "b.txt").read_text() == "mine"
    assert run("storage", "get", "files", "b.txt", "--force").code == 0
    assert (folder / "b.txt").read_bytes() == local.read_bytes()
    (folder / "sub").mkdir()
    assert run("storage", "get", "files", "b.txt", "sub").code == 0
    assert (folder / "sub/b.txt").exists()
    assert not list(folder.glob(".*.part"))


def test_a_file_that_appears_meanwhile_is_not_overwritten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def appear() -> None:
        with files.whole_file(folder / "f", replace=False) as file:
            file.write(b"new")
            (folder / "f").write_text("mine")

    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    for has_links in (True, False):
        if not has_links:
            monkeypatch.setattr(os, "link", no_links)
        with pytest.raises(FileExistsError):
            appear()
        assert (folder / "f").read_text() == "mine"
        (folder / "f").unlink()
    with files.whole_file(folder / "f", replace=False) as file:
        file.write(b"new")
    assert (folder / "f").read_bytes() == b"new"
    assert [path.name for path in folder.iterdir()] == ["f"]


def test_the_user_decides_who_may_read_a_file(folder: Path) -> None:
    old = os.umask(0o027)
    try:
        with files.whole_file(folder / "f", replace=False):
            pass
    finally:
        os.umask(old)
    assert (folder / "f").stat().st_mode & 0o777 == 0o640


def test_a_folder_that_cannot_be_written(run: Run, local: Path) -> None:
    run("storage", "put", "files", "b.txt", str(local))
    result = run("storage", "get", "files", "b.txt", "no/such/folder/b.txt")
    assert result.code == 1
    assert result.err == "error: no/such/folder/b.txt: No such file or directory\n"


def test_standard_input_and_output() -> None:
    def pipe(*arguments: str, content: bytes = b"") -> bytes:
        return subprocess.run(
            [*PURVEYOR, "storage", *arguments], input=content, capture_output=True, check=True
        ).stdout

    content = os.urandom(3_000_000)
    pipe("put", "files", "big", "-", content=content)
    assert pipe("get", "files", "big", "-") == content


def test_standard_input_inside_the_process(run: Run, monkeypatch: pytest.MonkeyPatch, local: Path) -> None:
    with local.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert run("storage", "put", "files", "small", "-").code == 0
    assert run("storage", "get", "files", "small", "-").out == local.read_text()


def test_ctrl_c_while_waiting_for_standard_input(folder: Path) -> None:
    waiting = subprocess.Popen(
        [*PURVEYOR, "storage", "put", "files", "k", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert waiting.stdin
    waiting.stdin.write(b"begun")
    waiting.stdin.flush()
    deadline = time.monotonic() + 20
    while not list(folder.glob(".purveyor/files/.purveyor/tmp/*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(20) == 130
    assert waiting.stderr
    assert waiting.stderr.read().strip() == b""
    waiting.stdin.close()
    waiting.stderr.close()
    assert [path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == b"begun"] == []


def test_conditions(run: Run, local: Path) -> None:
    meta = run("storage", "put", "files", "k", str(local), "--json").data
    assert run("storage", "put", "files", "k", str(local), "--create-only").code == 1
    assert run("storage", "put", "files", "k", str(local), "--if-match", "other").code == 1
    assert run("storage", "put", "files", "k", str(local), "--if-match", meta["etag"]).code == 0


@pytest.mark.parametrize("verb", ["get", "head", "delete"])
def test_what_is_not_there_is_exit_code_1(run: Run, verb: str) -> None:
    result = run("storage", verb, "files", "a/k")
    assert (result.code, result.out, result.err) == (1, "", "error: a/k: no such object\n")


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a//b", "e\u0301", "x" * 1025])
def test_a_path_that_cannot_be_is_refused(run: Run, local: Path, path: str) -> None:
    for arguments in (("put", "files", path, str(local)), ("get", "files", path, "f"), ("head", "files", path)):
        result = run("storage", *arguments)
        assert result.code == 2
        assert result.err.startswith("error: path: ")


def test_a_local_file_that_is_not_there_is_a_usage_error(run: Run) -> None:
    result = run("storage", "put", "files", "k", "nothing.txt", "--json")
    assert result.code == 2
    assert result.error["type"] == "BadParameter"
    assert "'nothing.txt' does not exist" in result.error["what"]


def test_list_is_a_table_in_pages(run: Run, local: Path) -> None:
    for path in ("a/1", "a/2", "b"):
        run("storage", "put", "files", path, str(local))
    result = run("storage", "list", "files", "--limit", "2")
    header, first, second = result.out.splitlines()
    assert header.split() == ["size", "modified", "path"]
    assert (first.split()[0], first.split()[-1], second.split()[-1]) == ("12000", "a/1", "a/2")
    cursor = result.err.removeprefix("there is more: --cursor ").removesuffix(", or --all\n")
    assert run("storage", "list", "files", "--cursor", cursor).out.splitlines()[-1].split()[-1] == "b"
    every = run("storage", "list", "files", "--limit", "1", "--all", "--json").data
    assert [meta["path"] for meta in every["objects"]] == ["a/1", "a/2", "b"]
    assert every["objects"][0].keys() == {"path", "size", "etag", "modified"}
    assert run("storage", "list", "files", "a/", "--json").data["cursor"] is None
    assert run("storage", "list", "files", "z").err == "nothing found\n"


def test_one_level_shows_folders(run: Run, local: Path) -> None:
    for path in ("a/1", "b"):
        run("storage", "put", "files", path, str(local))
    assert [line.split()[-1] for line in run("storage", "list", "files", "--level").out.splitlines()] == [
        "path", "a/", "b",
    ]  # fmt: skip
    assert run("storage", "list", "files", "--level", "--json").data["prefixes"] == ["a/"]


def test_json_of_transfers(run: Run, local: Path) -> None:
    meta = run("storage", "put", "files", "k", str(local), "--json").data
    assert run("storage", "head", "files", "k", "--json").data["etag"] == meta["etag"]
    assert run("storage", "get", "files", "k", "--json").data == {"path": "k", "file": "k", "size": 12000}
    assert run("storage", "get", "files", "k", "-", "--json").error["type"] == "UsageError"
    assert run("storage", "delete", "files", "k", "--json").data == {"deleted": True}


def test_a_long_transfer_shows_its_progress_on_a_terminal(terminal: Run, folder: Path) -> None:
    fifo = folder / "slow"
    os.mkfifo(fifo)

    def send() -> None:
        with fifo.open("wb") as slow:
            for _ in range(8):
                slow.write(b"x" * 100_000)
                slow.flush()
                time.sleep(0.1)

    sender = threading.Thread(target=send)
    sender.start()
    result = terminal("storage", "put", "files", "k", str(fifo))
    sender.join()
    assert result.code == 0
    shown = result.out.partition("stored")[0]
    assert "━" in shown
    assert "/0" not in shown, "how much a pipe will give is not known"
    assert "stored k (800.0 kB)" in result.out
    quick = terminal("storage", "get", "files", "k", "-q", "f")
    assert (quick.code, quick.out) == (0, "")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (31_525_224, "31.5 MB"), (5e13, "50.0 TB")],
)
def test_sizes_are_for_people(count: int, text: str) -> None:
    from purveyor.cli.output import size_text

    assert size_text(count) == text
