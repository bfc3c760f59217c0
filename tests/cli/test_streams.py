"""Standard streams that are closed, full, or that nobody reads any more."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from purveyor.cli import main, streams
from purveyor.cli.files import write_all
from purveyor.cli.options import Settings
from purveyor.cli.output import Output
from tests.cli.conftest import DEADLINE, PURVEYOR, Run, Spawn


def shell(line: str) -> tuple[int, str]:
    """Run a line of shell, in which ``$P`` is the command, and give its exit code and what it wrote."""
    environment = {**os.environ, "P": " ".join(PURVEYOR)}
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, env=environment, timeout=DEADLINE
    )
    return done.returncode, done.stdout + done.stderr


def test_a_text_is_given_as_it_was_put(run: Run) -> None:
    text = "col1\tcol2\r\nx\x07y\x08\x0b\x0cz\x1b[2J"
    run("memory", "put", "notes", "k", "--text", text)
    done = subprocess.run([*PURVEYOR, "memory", "get", "notes", "k", "--text"], capture_output=True, check=True)
    assert done.stdout == f"{text}\n".encode()


def test_on_a_terminal_it_cannot_steer(run: Run, terminal: Run) -> None:
    run("memory", "put", "notes", "k", "--text", "a\tb\x07\x1b[2J")
    assert terminal("memory", "get", "notes", "k", "--text").out == "a\tb\\x07\\x1b[2J\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("$P list >&-", (0, "")),
        ("$P list --json >&- 2>&- <&-", (0, "")),
        ("$P xyzzy 2>&-", (2, "")),
        ("$P memory put notes k - <&-", (2, None)),
        ("$P list >/dev/full", (1, "error: No space left on device\n")),
        ("$P list --json >/dev/full", (1, "")),
        ("$P list >/dev/full 2>/dev/full", (1, "")),
        ("$P xyzzy 2>/dev/full", (1, "")),
        ("$P list | true; exit ${PIPESTATUS[0]}", (1, "")),
        ("$P list --json | true; exit ${PIPESTATUS[0]}", (1, "")),
        ("$P xyzzy --json | true; exit ${PIPESTATUS[0]}", (1, "")),
    ],
)
def test_a_stream_that_is_of_no_use_is_no_defect(line: str, expected: tuple[int, str | None]) -> None:
    code, text = shell(line)
    assert "Traceback" not in text
    assert "Exception ignored" not in text
    assert code == expected[0]
    assert expected[1] in (None, text)


def test_closed_streams_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    streams.open_closed()
    assert sys.stdin.read() == ""
    assert sys.stdout.write("x") == 1
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.close()


def test_what_cannot_be_written_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["list", "--json"], ["xyzzy", "--json"]):
        with Path("/dev/full").open("w") as full, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", full)
            with pytest.raises(SystemExit) as exited:
                main(arguments)
            assert exited.value.code == 1


def test_a_broken_pipe_is_told_to_who_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        monkeypatch.setattr(sys, "stderr", broken)
        monkeypatch.setattr(sys, "stdout", intact := io.StringIO())
        with pytest.raises(BrokenPipeError):
            Output(Settings()).note("x")
        assert not streams.flush()
        sys.stdout.write("y")
    assert intact.getvalue() == "y"


def test_within_lasting_nothing_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr(sys, "stdout", full)
        with streams.lasting():
            assert sys.stdout.fileno() == full.fileno()
            assert sys.stdout.write("x\n") == 2
            sys.stdout.flush()
        assert sys.stdout is full
        assert streams.flush()


@pytest.mark.parametrize("options", [("--json",), ()])
def test_up_goes_on_when_its_reader_goes_away(spawn: Spawn, options: tuple[str, ...], folder: Path) -> None:
    config = folder / "purveyor.toml"
    config.write_text('[providers.a]\ndriver = "memory.inprocess"\n')
    up = spawn("up", "--port", "0", "-v", *options)
    up.wait_for('"ready", ' if options else "SIGHUP reloads")
    up.close_output(error=not options)
    for name in ("b", "c"):
        config.write_text(config.read_text() + f'[providers.{name}]\ndriver = "memory.inprocess"\n')
        up.send(signal.SIGHUP)
        if options:
            up.wait_for(f"reloaded: added {name}")
    up.send(signal.SIGTERM)
    result = up.end()
    assert result.code == 0
    assert "Traceback" not in result.err


@pytest.mark.parametrize("interrupted", [True, False])
def test_ctrl_c_ends_a_transfer_whose_reader_stands_still(folder: Path, interrupted: bool) -> None:
    (folder / "big").write_bytes(bytes(range(256)) * 20_000)
    assert shell("$P storage put files big big -q") == (0, "")
    get = subprocess.Popen(
        [*PURVEYOR, "storage", "get", "files", "big", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with get:
        assert get.stdout
        first = get.stdout.read(1)  # it is under way, and more than a pipe holds is left
        if interrupted:
            get.send_signal(signal.SIGINT)
            assert get.wait(DEADLINE) == 130
        else:
            assert first + get.stdout.read() == (folder / "big").read_bytes()
            assert get.wait(DEADLINE) == 0


async def test_what_was_cancelled_is_not_told_of(folder: Path) -> None:
    reader, writer = os.pipe()
    writing = asyncio.create_task(write_all(writer, bytes(1_000_000)))
    await asyncio.sleep(0.05)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    left = 1_000_000
    while left:
        left -= len(await asyncio.to_thread(os.read, reader, left))
    while any(thread.name == "purveyor:write" for thread in threading.enumerate()):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0)  # what the thread told is dealt with
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        await write_all(writer, b"x")
    os.close(writer)
