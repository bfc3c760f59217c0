"""What happens when the modules of a tree are imported: each in a process of its own, which is ended then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from purveyor.migrate.source.files import SourceFile

__all__ = ["IMPORT_TIMEOUT", "ImportFailure", "check_imports", "signal_name"]

#: How long one module may take to be imported, in seconds.
IMPORT_TIMEOUT = 30.0

#: What the process runs: the import, and a word on how it went, on a pipe of its own since a module may print.
_PROGRAM = """
import json, os, sys
module, path, answer, *folders = sys.argv[1:]
process = os.getpid()
sys.argv[1:] = []
sys.path[:0] = folders
try:
    __import__(module)
except BaseException as error:
    lines, trace = [], error.__traceback__
    while trace is not None:
        if os.path.realpath(trace.tb_frame.f_code.co_filename) == path:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename and os.path.realpath(error.filename) == path:
        lines.append(error.lineno or 1)
    text = " ".join(str(error).split())[:300].encode(errors="backslashreplace").decode()
    told = {"error": type(error).__name__ + (": " + text if text else ""), "line": lines[-1] if lines else None}
else:
    told = {"error": None, "line": None}
if os.getpid() == process:  # else the module has forked, and this is the other one
    os.write(int(answer), json.dumps(told).encode())
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """Why a module cannot be imported.

    Args:
        error: The exception's class and text on one line, or what became of the process.
        line: The line of the module that was at work, from 1; None if it was none of this module.
    """

    error: str
    line: int | None = None


def check_imports(
    root: Path,
    files: Sequence[SourceFile],
    *,
    timeout: float = IMPORT_TIMEOUT,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[SourceFile, ImportFailure]:
    """Import each module of a tree, in a process of its own.

    A module runs when it is imported, so this does whatever the modules do. Each process starts in an empty folder
    that is removed afterwards, writes no bytecode, reads nothing from standard input, and is killed at the end
    together with the processes that it started and left in its process group.

    Args:
        root: The tree, or its one file.
        files: Its files; those that do not parse are passed over.
        timeout: How long one module may take, in seconds.
        progress: Called after each module with how many are done, how many there are, and its path.

    Returns:
        The files whose import failed, in the order of `files`, and why.
    """
    wanted = [file for file in files if file.status == "ok"]
    found: dict[SourceFile, ImportFailure] = {}
    pool = ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1))
    try:
        answers = pool.map(lambda file: _check(root, file, timeout), wanted)
        for done, (file, failure) in enumerate(zip(wanted, answers, strict=True), 1):
            if failure is not None:
                found[file] = failure
            if progress is not None:
                progress(done, len(wanted), file.path)
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _check(root: Path, file: SourceFile, timeout: float) -> ImportFailure | None:
    base = root.resolve() if root.is_dir() else root.resolve().parent
    module, folders = _importable(base, file)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as answer, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            process = subprocess.Popen(  # noqa: S603 - to run the modules is what is asked for
                [
                    sys.executable, "-B", "-c", _PROGRAM,
                    module, str((base / file.path).resolve()), str(writing), *map(str, folders),
                ],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(writing,),
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(writing)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            return ImportFailure(f"not imported within {timeout:g} s")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.set_blocking(answer.fileno(), False)  # what escaped the process group may hold the other end
        told = answer.read()
    return _understood(told) if told else ImportFailure(_ending(process.returncode))


def signal_name(number: int) -> str:
    """What a signal is called: ``SIGKILL``; ``SIG35`` for one that has no name, as most real-time signals."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def _understood(told: bytes) -> ImportFailure | None:
    """What a process told of an import; the module may have written between."""
    try:
        said = json.loads(told)
    except (ValueError, RecursionError):
        said = None
    match said:
        case {"error": None}:
            return None
        case {"error": str(error), "line": int() | None as line}:
            return ImportFailure(error, line)
        case _:
            return ImportFailure("how it went was written over while it was imported")


def _ending(code: int) -> str:
    if code < 0:
        return f"killed by {signal_name(-code)} while it was imported"
    return f"ended the process with {code} while it was imported"


def _importable(base: Path, file: SourceFile) -> tuple[str, list[Path]]:
    """By which name a module is imported, and from which folders: as from the root, or from ``src`` in it.

    Where the root is itself a package, the names begin with its own.
    """
    module = file.module
    if (base / "__init__.py").is_file():
        top = base
        names: list[str] = []
        while (top / "__init__.py").is_file() and top.parent != top:
            names.insert(0, top.name)
            top = top.parent
        return ".".join([*names, *([module] if module else [])]), [top]
    source = base / "src"
    if module.startswith("src.") and not (source / "__init__.py").exists():
        return module.removeprefix("src."), [source, base]
    return module, [base, source]
