"""Runs one process in which the project's code is tried out, and leaves nothing of it behind."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import site
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from purveyor.errors import VerifyError
from purveyor.migrate.scan.importing import signal_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Told", "run"]

_RUNNER = Path(__file__).with_name("child") / "__main__.py"
#: What a process inherits. Everything else may be a credential, and what it opens would be real.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")
#: By this variable the processes that it starts are found, whatever session they moved to.
_MARK = "PURVEYOR_VERIFY_RUN"
#: How long an interpreter may take to start, and to end, in seconds; and by how much a step may overrun its time
#: before it is ended from outside.
_START, _END, _GRACE = 60.0, 5.0, 2.0


@dataclass
class Told:
    """What a process told.

    Args:
        messages: In their order.
        ended: ``"done"``, ``"timeout"`` or ``"died"``.
        how: For one that died: how.
    """

    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ended: str = "died"
    how: str = ""


def run(job: Mapping[str, Any], *, folder: Path, sandbox: Path, cwd: Path, timeout: float) -> Told:
    """Start a process, hear it out, and end it with all that it started.

    Args:
        job: What it is to do; JSON data.
        folder: For the files of this module; the process is not to write there.
        sandbox: Where the process may write; it holds ``home`` and ``tmp``.
        cwd: Where it stands.
        timeout: How long one step may take, in seconds.

    Raises:
        VerifyError: The interpreter does not start.
    """
    job_file, errors = folder / "job.json", folder / "stderr"
    job_file.write_text(json.dumps(job))
    reading, writing = os.pipe()
    mark = token_hex(16)
    try:
        with errors.open("wb") as complaints:
            process = subprocess.Popen(  # noqa: S603 - the interpreter that runs this
                [sys.executable, "-P", str(_RUNNER), str(job_file), str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                cwd=cwd,
                env=_environment(sandbox, mark),
                pass_fds=(writing,),
                start_new_session=True,
                umask=0o022,
            )
    except OSError as error:
        os.close(reading)
        raise VerifyError(f"{sys.executable} does not start: {error.strerror}") from error
    finally:
        os.close(writing)
    try:
        told = _hear(process, reading, timeout)
        if told.ended == "done":
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END)
        elif told.ended == "died":
            told.how = _how(process)
    finally:
        os.close(reading)
        _end(process, mark)
    if not told.messages:
        complaint = errors.read_text(errors="replace").strip().rpartition("\n")[2]
        raise VerifyError(f"{sys.executable} says nothing: {complaint or told.how or told.ended}")
    return told


def _environment(sandbox: Path, mark: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(path).is_absolute()]
    if paths:
        kept["PYTHONPATH"] = os.pathsep.join(paths)
    if site.ENABLE_USER_SITE:  # it stands in the home folder, which is another one here
        kept["PYTHONUSERBASE"] = site.getuserbase()
    return {
        **kept,
        "HOME": str(sandbox / "home"),
        "TMPDIR": str(sandbox / "tmp"),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        _MARK: mark,
    }


def _hear(process: subprocess.Popen[bytes], reading: int, timeout: float) -> Told:
    """What a process tells until it is done, is silent for too long, or ends."""
    told = Told()
    deadline = time.monotonic() + _START
    buffer = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            told.ended = "timeout"
            return told
        ready, _, _ = select.select([reading], [], [], min(left, 0.2))
        if not ready:
            if process.poll() is None:
                continue
            if not select.select([reading], [], [], 0)[0]:  # it ended, and whoever it forked holds the pipe
                return told
        data = os.read(reading, 1 << 20)
        if not data:
            return told
        buffer += data
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message["kind"] == "done":
                told.ended = "done"
                return told
            told.messages.append(message)
            deadline = time.monotonic() + timeout * message.get("times", 1) + _GRACE


def _how(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        return "it closed what it had not opened"
    return f"signal {signal_name(-code)}" if code < 0 else f"exit code {code}"


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """End a process, its session, and what left its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(20):  # whoever forks while being killed is found the next time
        found = list(_marked(f"{_MARK}={mark}".encode()))
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _marked(mark: bytes) -> Iterator[int]:
    """The processes whose environment says so; none, where the system does not show it."""
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc"):
            with contextlib.suppress(OSError, ValueError):
                pid = int(entry.name)
                if mark in Path(entry.path, "environ").read_bytes().split(b"\0"):
                    yield pid
