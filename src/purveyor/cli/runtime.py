"""How ``purveyor reload`` and ``purveyor plan`` find the running ``purveyor up`` of a configuration, and ask it.

It leaves a record in a folder that only its user may enter: where it listens, and the token that whoever asks has
to show.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from purveyor.errors import (
    ConfigError,
    ConfigProblem,
    NotRunningError,
    PurveyorError,
    RemoteError,
    RuntimeFolderError,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

__all__ = ["Record", "announced", "ask", "find", "identity"]

#: How long it may take to be connected with a process on this machine, in seconds.
_CONNECT = 5.0


@dataclass(frozen=True, slots=True)
class Record:
    """What a running ``purveyor up`` tells of itself.

    Args:
        url: Where it listens.
        pid: Its process.
        token: The secret for its control routes.
    """

    url: str
    pid: int
    token: str = field(repr=False)


def identity(file: Path | None) -> Path:
    """What stands for a configuration: its file, or the working directory for the embedded one.

    Links are not followed: the file is the same when the link to its folder is another one.

    Args:
        file: The configuration's file, if it has one.
    """
    return Path(os.path.abspath(file or "."))  # noqa: PTH100 - unlike absolute(), it takes ".." out


@contextmanager
def announced(source: Path, record: Record) -> Generator[int | None]:
    """For the length of a block, let a running process be found; the last one of a configuration is.

    It stands before those that were found until now; when it ends, the one before is found again, if it runs.

    Args:
        source: The configuration, as `identity` gives it.
        record: What to tell.

    Yields:
        The process that was found until now, if it runs.

    Raises:
        RuntimeFolderError: There is no folder that only this user may enter.
        OSError: The record cannot be written.
    """
    place = _folder_to_write() / _file_name(source)
    with _alone(place.parent):
        before = [each for each in _read(place) if _runs(each.pid)]
        _write(place, [record, *before])
    try:
        yield before[0].pid if before else None
    finally:
        # What cannot be taken out now is passed over when this process is gone.
        with suppress(OSError), _alone(place.parent):
            records = _read(place)
            if record in records:  # else somebody else has put something there
                records.remove(record)
                if records:
                    _write(place, records)
                else:
                    place.unlink()


def find(source: Path) -> Record:
    """The running process of a configuration.

    Args:
        source: The configuration, as `identity` gives it.

    Raises:
        NotRunningError: There is none.
        RuntimeFolderError: The folder in which it could be is not to be trusted.
    """
    name = _file_name(source)
    gone: int | None = None
    unsafe: RuntimeFolderError | None = None
    is_one_safe = False
    for folder in _folders():
        if not folder.is_dir():
            continue
        try:
            _check(folder)
        except RuntimeFolderError as error:
            unsafe = error
            continue
        is_one_safe = True
        for record in _read(folder / name):
            if _runs(record.pid):
                return record
            gone = gone or record.pid
    if unsafe is not None and not is_one_safe:
        raise unsafe
    raise NotRunningError(str(source), None if gone is None else f"process {gone} ended without cleaning up")


def ask(source: Path, method: str, path: str, body: Any = None) -> Any:
    """Ask the running process of a configuration, and wait for its answer for as long as it takes.

    Args:
        source: The configuration, as `identity` gives it.
        method: The HTTP method.
        path: The control route.
        body: JSON data to send.

    Returns:
        The data of the answer.

    Raises:
        NotRunningError: There is no such process.
        RuntimeFolderError: The folder in which it could be is not to be trusted.
        ConfigError: The configuration is not valid.
        RemoteError: It answers with another error, or breaks off before it has answered.
    """
    record = find(source)
    try:
        place = urlsplit(record.url)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=_CONNECT)
    except (ValueError, HTTPException) as error:
        raise NotRunningError(str(source), f"the record of process {record.pid} is damaged") from error
    try:
        try:
            connection.connect()
        except (OSError, ValueError) as error:  # ValueError: what is no name of a host
            why = getattr(error, "strerror", None) or error
            reason = f"process {record.pid} does not listen at {record.url}: {why}"
            raise NotRunningError(str(source), reason) from error
        connection.sock.settimeout(None)
        headers = {"authorization": f"Bearer {record.token}", "content-type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        if answer.status == 401:
            raise NotRunningError(str(source), f"another process listens at {record.url}")
        return _data(json.loads(answer.read()), source)
    except PurveyorError:
        raise
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        problem = f"process {record.pid} did not answer, or not as `purveyor up` does"
        raise RemoteError(type(error).__name__, problem, record.url, "see what it says itself") from error
    finally:
        connection.close()


def _data(answer: Any, source: Path) -> Any:
    if not isinstance(answer, dict) or not answer.keys() & {"data", "error"}:
        raise ValueError("this is no answer of a control route")
    if "data" in answer:
        return answer["data"]
    error = answer["error"]
    if error["type"] == ConfigError.__name__:
        here = Path.cwd()  # the other process may have begun elsewhere
        file = str(source.relative_to(here) if source.is_relative_to(here) else source)
        problems: list[dict[str, Any]] = error["problems"]
        for problem in problems:
            problem["file"] = problem["file"] and file
        raise ConfigError(ConfigProblem(**problem) for problem in problems)
    raise RemoteError(error["type"], error["what"], error["where"], error["hint"])


# --- the record -------------------------------------------------------------------------------------


def _file_name(source: Path) -> str:
    return f"{sha256(os.fsencode(source)).hexdigest()[:32]}.json"


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """For the length of a block, keep others from changing records."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(place: Path, records: Sequence[Record]) -> None:
    first, *earlier = map(asdict, records)
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".")  # for its owner alone
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump({"version": 1, **first, "earlier": earlier}, file)
        Path(name).replace(place)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _read(place: Path) -> list[Record]:
    """The records that are there, the last one first; none if they cannot be understood."""
    try:
        last = json.loads(place.read_bytes())
        return [_record(each) for each in (last, *last.get("earlier", ()))]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def _record(found: Any) -> Record:
    url, pid, token = (found[key] for key in ("url", "pid", "token"))
    if (type(url), type(pid), type(token)) != (str, int, str):
        raise TypeError
    return Record(url, pid, token)


def _runs(pid: int) -> bool:
    if pid <= 0:  # which would stand for many
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it was started by this user, and runs as another one
        return True
    return True


# --- the folder -------------------------------------------------------------------------------------


def _folders() -> Iterator[Path]:
    """Where a record may be; the first one that there is, is where it is written."""
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    # https://specifications.freedesktop.org/basedir-spec/latest/: it has to be absolute, and the user's own
    with suppress(OSError):
        about = Path(own).stat()
        if Path(own).is_absolute() and about.st_uid == os.getuid() and not about.st_mode & 0o022:
            yield Path(own) / "purveyor"
    yield Path(tempfile.gettempdir()) / f"purveyor-{os.getuid()}"


def _folder_to_write() -> Path:
    folder = next(_folders())
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _check(folder)
    return folder


def _check(folder: Path) -> None:
    """Refuse a folder that somebody else could have written to, or can."""
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode):
        raise RuntimeFolderError(str(folder), "is a link or no folder")
    if about.st_uid != os.getuid():
        raise RuntimeFolderError(str(folder), "belongs to another user")
    if about.st_mode & 0o077:
        raise RuntimeFolderError(str(folder), f"is open to others (mode {about.st_mode & 0o777:o})")
