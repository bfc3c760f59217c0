"""Runs the command line: inside the test's process, in one of its own, or on a terminal of its own."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest

from purveyor.cli import main

PURVEYOR = [sys.executable, "-m", "purveyor.cli"]

#: What a child has to end within, in seconds; only a failing test waits that long.
DEADLINE = 30

PROVIDERS = Path(__file__).with_name("things.py")


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        document = json.loads(self.out)
        assert document.keys() == {"version", "data"}
        assert document["version"] == 1
        return document["data"]

    @property
    def error(self) -> dict[str, Any]:
        document = json.loads(self.out)
        assert document.keys() == {"version", "error"}
        error: dict[str, Any] = document["error"]
        return error


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, without the settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "PURVEYOR_CONFIG",
        "PURVEYOR_PROFILE",
        "PURVEYOR_DATA",
        "PURVEYOR_DEBUG",
        "NO_COLOR",
        "FORCE_COLOR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    return tmp_path


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers.copy(), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def things(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Providers of the test's own, importable by ``things:...`` beside the configuration."""
    (folder / "things.py").write_text(PROVIDERS.read_text())
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run_inside(*arguments: str) -> Result:
        capfd.readouterr()
        with pytest.raises(SystemExit) as exited:
            main(arguments)
        code = exited.value.code
        assert isinstance(code, int)
        return Result(code, *capfd.readouterr())

    return run_inside


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs inside the test's process, on a terminal of its own."""

    def run_on_terminal(*arguments: str, **env: str) -> Result:
        master, slave = pty.openpty()
        chunks: list[bytes] = []
        reader = threading.Thread(target=_read_terminal, args=(master, chunks))
        reader.start()
        with monkeypatch.context() as patch, os.fdopen(slave, "w") as out, os.fdopen(os.dup(slave), "w") as err:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            for name, value in {"TERM": "xterm-256color", **env}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as exited:
                main(arguments)
        reader.join()
        os.close(master)
        assert isinstance(exited.value.code, int)
        text = b"".join(chunks).decode().replace("\r\n", "\n")
        return Result(exited.value.code, text, text)

    return run_on_terminal


def _read_terminal(master: int, chunks: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # what a terminal says when the other side has closed it
        while chunk := os.read(master, 65536):
            chunks.append(chunk)


class Child:
    """A command in a process of its own, whose lines can be waited for."""

    def __init__(self, *arguments: str, terminal: bool = False, env: dict[str, str] | None = None) -> None:
        self.master: int | None = None
        err: Any = subprocess.PIPE
        out: Any = subprocess.PIPE
        if terminal:
            self.master, out = pty.openpty()
            ioctl(out, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
            err = out
        self.process = subprocess.Popen(
            [*PURVEYOR, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, "TERM": "xterm-256color", **(env or {})},
        )
        if self.master is not None:
            os.close(out)
            self._files = {self.master: ""}
            self._out = self._err = self.master
        else:
            assert self.process.stdout
            assert self.process.stderr
            self._out, self._err = self.process.stdout.fileno(), self.process.stderr.fileno()
            self._files = {self._out: "", self._err: ""}
        self._open = set(self._files)

    @property
    def out(self) -> str:
        return self._files[self._out]

    @property
    def err(self) -> str:
        return self._files[self._err]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Read until the pattern is there, on standard output or error."""
        deadline = time.monotonic() + DEADLINE
        while True:
            for text in self._files.values():
                if match := re.search(pattern, text):
                    return match
            if not self._open or time.monotonic() > deadline:
                raise AssertionError(f"no {pattern!r} in {self.out!r} and {self.err!r}")
            self._read()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Result:
        """Wait for the end."""
        deadline = time.monotonic() + DEADLINE
        while self._open and time.monotonic() < deadline:
            self._read()
        return Result(self.process.wait(DEADLINE), self.out, self.err)

    def close_output(self, *, error: bool = False) -> None:
        """Read its standard output, or error, no more."""
        stream = self.process.stderr if error else self.process.stdout
        assert stream
        self._open.discard(stream.fileno())
        stream.close()

    def hang_up(self) -> None:
        """Close the terminal."""
        assert self.master is not None
        os.close(self.master)
        self._open.clear()
        self.master = None

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        if self.master is not None:
            os.close(self.master)

    def _read(self) -> None:
        readable, _, _ = select.select(list(self._open), [], [], 1)
        for descriptor in readable:
            chunk = b""
            with contextlib.suppress(OSError):  # what a terminal says when the other side has closed it
                chunk = os.read(descriptor, 65536)
            if chunk:
                self._files[descriptor] += chunk.decode().replace("\r\n", "\n")
            else:
                self._open.discard(descriptor)


Spawn = Callable[..., Child]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    children: list[Child] = []

    def start(*arguments: str, terminal: bool = False, env: dict[str, str] | None = None) -> Child:
        children.append(Child(*arguments, terminal=terminal, env=env))
        return children[-1]

    yield start
    for child in children:
        child.close()
