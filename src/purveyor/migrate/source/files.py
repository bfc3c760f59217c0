"""A tree of Python files, read as bytes and text: nothing in it is imported, nothing is written."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import stat
import sys
import tokenize
import warnings
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from purveyor.errors import SourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["MAX_BYTES", "Newline", "SourceFile", "Status", "read_tree"]

MAX_BYTES = 10_000_000  # a larger file is data that happens to be Python

Status = Literal["ok", "unparsable", "undecodable"]
Newline = Literal["\n", "\r\n", "\r", "mixed"]

_SOURCE = (".py", ".pyw")
_COMPILED = (".so", ".pyd", ".pyi", ".pyx")
_CLASS = re.compile(rb"class[\s\\]")  # it begins a line, but for white space and a byte order mark
_GENERATED_COMMENT = re.compile(r"(?i)\bgenerated (?:by|from|with)\b|\bdo not (?:edit|modify)\b|@generated\b")
_GENERATED_DOCSTRING = re.compile(r"(?i)\bdo not (?:edit|modify)\b|@generated\b")
_HEAD = re.compile(r"""(?:[ \t\f]*(?:\#[^\r\n]*)?(?:\r\n?|\n))*(?:[ \t]*\#[^\r\n]*$)?""")
_DOCSTRING = re.compile(r'''[rRuU]?("""|\'\'\')(.*?)\1''', re.DOTALL)


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One file of a tree, as it was when it was read.

    Args:
        path: Relative to the root, with ``/``; the name alone where the root is one file.
        data: Its bytes; empty if it could not be read.
        status: ``"ok"``; ``"unparsable"``: it is text, but not of this Python; ``"undecodable"``: it is no
            text, or could not or should not be read at all.
        reason: Why it is not ``"ok"``, for people, with the line where there is one.
        module: Its dotted name as seen from the root; ``__init__.py`` has its package's, the root's is ``""``.
        is_package: Whether it is an ``__init__.py``.
        encoding: What it is decoded with, as `tokenize.detect_encoding` names it (PEP 263).
        text: What the bytes say, newlines as they are, without a byte order mark.
        mode: Its permission bits.
        hardlinks: How many names the file has; more than 1 means that a replacement would part them.
        alias_of: For a symbolic link inside the tree: the path it leads to, where the file is read.
    """

    path: str
    data: bytes = field(default=b"", repr=False)
    status: Status = "ok"
    reason: str | None = None
    module: str = ""
    is_package: bool = False
    encoding: str = "utf-8"
    text: str = field(default="", repr=False)
    mode: int = 0o644
    hardlinks: int = 1
    alias_of: str | None = None

    @cached_property
    def tree(self) -> ast.Module | None:
        """What it parses to, the same object each time; None unless the status is ``"ok"``."""
        return _parse(self.text, self.path)[0] if self.status == "ok" else None

    def forget_tree(self) -> None:
        """Free the tree's memory; it is parsed again when it is asked for."""
        self.__dict__.pop("tree", None)

    @cached_property
    def sha256(self) -> str:
        """The digest of its bytes, in hexadecimal."""
        return sha256(self.data).hexdigest()

    @cached_property
    def class_lines(self) -> tuple[int, ...]:
        """The lines, from 1, that begin as a class statement does; some may be text in a string."""
        data = self.data
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines: list[int] = []
        line, counted = 1, 0
        for match in _CLASS.finditer(data):
            start = match.start()
            if not data[data.rfind(b"\n", 0, start) + 1 : start].strip(b" \t\f\xef\xbb\xbf"):
                line += data.count(b"\n", counted, start)
                counted = start
                lines.append(line)
        return tuple(lines)

    @cached_property
    def generated(self) -> bool:
        """Whether its head says that a tool wrote it and people should not."""
        head = _HEAD.match(self.text[:4096])
        end = head.end() if head else 0
        if _GENERATED_COMMENT.search(self.text[:end]):
            return True
        docstring = _DOCSTRING.match(self.text[end : end + 4096])
        return docstring is not None and _GENERATED_DOCSTRING.search(docstring[2]) is not None

    @cached_property
    def newline(self) -> Newline:
        r"""How its lines end; ``"\n"`` if it has one line without an end."""
        pairs = self.data.count(b"\r\n")
        ends: dict[Newline, int] = {
            "\n": self.data.count(b"\n") - pairs,
            "\r\n": pairs,
            "\r": self.data.count(b"\r") - pairs,
        }
        used: list[Newline] = [end for end, count in ends.items() if count]
        if len(used) > 1:
            return "mixed"
        return used[0] if used else "\n"


class Obstacle(NamedTuple):
    """Why something is not read, and for a symbolic link inside the tree: where it leads."""

    reason: str
    alias_of: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a tree holds: where its sources are, what stands in their way, and modules that are no source."""

    base: Path
    paths: tuple[str, ...]
    obstacles: dict[str, Obstacle]
    compiled: frozenset[str]


def read_tree(
    root: Path, *, exclude: Sequence[str] = (), progress: Callable[[int, int, str], None] | None = None
) -> list[SourceFile]:
    """Read every Python file below a folder, or one file.

    Hidden folders, ``__pycache__``, ``node_modules``, virtual environments, ``*.dist-info`` and the copies that a
    migration keeps are left out. Symbolic links are reported, not followed; nothing but regular files is opened.

    Args:
        root: The folder, or the file.
        exclude: Shell patterns; a file is left out if one matches its path, the path of a folder it is in, or the
            name of either.
        progress: Called after each file with how many are done, how many there are, and its path.

    Returns:
        Every file, sorted by path; those that cannot be read are among them, with the reason.

    Raises:
        SourceNotFoundError: There is nothing at ``root``.
    """
    files: list[SourceFile] = []
    for file in read_files(list_tree(root, exclude=exclude), progress=progress):
        if not file.class_lines:
            file.forget_tree()
        files.append(file)
    return files


def list_tree(root: Path, *, exclude: Sequence[str] = ()) -> Listing:
    """Find what `read_files` then reads; arguments and errors as for `read_tree`."""
    if not root.exists():
        raise SourceNotFoundError(str(root))
    if not root.is_dir():
        return Listing(root.parent, (root.name,), {}, frozenset())
    base = Path(os.path.realpath(root))
    walk = _Walk(base, tuple(exclude))
    walk.run()
    return Listing(base, tuple(sorted({*walk.paths, *walk.obstacles})), walk.obstacles, frozenset(walk.compiled))


def read_files(
    listing: Listing, *, progress: Callable[[int, int, str], None] | None = None
) -> Iterator[SourceFile]:
    """Read and parse one file after the other; each still holds its tree, which the caller may drop."""
    total = len(listing.paths)
    for done, path in enumerate(listing.paths, start=1):
        obstacle = listing.obstacles.get(path)
        yield _read(listing.base, path) if obstacle is None else _refused(path, *obstacle)
        if progress is not None:
            progress(done, total, path)


class _Walk:
    def __init__(self, base: Path, exclude: tuple[str, ...]) -> None:
        self.base = base
        self.exclude = exclude
        self.paths: list[str] = []
        self.obstacles: dict[str, Obstacle] = {}
        self.compiled: set[str] = set()
        self.copies = _copies(base)

    def run(self) -> None:
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(self.base / folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                self.obstacles[folder or "."] = Obstacle(f"the folder cannot be listed: {error.strerror}")
                continue
            if folder and any(entry.name == "pyvenv.cfg" for entry in entries):
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if self._enter(entry, path):
                    folders.append(path)

    def _enter(self, entry: os.DirEntry[str], path: str) -> bool:
        """Note what the entry is; tell whether it is a folder to walk."""
        name = entry.name
        source = name.endswith(_SOURCE)
        if name.endswith(_COMPILED):
            self.compiled.add(path.removesuffix(name).replace("/", ".") + name.split(".", 1)[0])
        if path in self.copies or any(fnmatchcase(path, one) or fnmatchcase(name, one) for one in self.exclude):
            return False
        if entry.is_symlink():
            obstacle = self._link(path, source=source)
            if obstacle is not None:
                self.obstacles[path] = obstacle
            return False
        if entry.is_dir(follow_symlinks=False):
            skipped = (
                name.startswith(".") or name in {"__pycache__", "node_modules"} or name.endswith(".dist-info")
            )
            return not skipped
        if source:
            self.paths.append(path)
        return False

    def _link(self, path: str, *, source: bool) -> Obstacle | None:
        """Why a symbolic link is not read; None for one that does not concern Python."""
        target = Path(os.path.realpath(self.base / path))
        folder = target.is_dir()
        if not (source or folder):
            return None
        if not target.is_relative_to(self.base):
            return Obstacle("a symbolic link that leads out of the tree")
        if folder:
            return None  # what is in it is read in its own place
        if not target.is_file():
            return Obstacle("a symbolic link that leads to no file")
        place = target.relative_to(self.base).as_posix()
        return Obstacle(f"a symbolic link to {place}", place)


def _copies(base: Path) -> frozenset[str]:
    """The inert copies of originals that the journals of earlier migrations name."""
    found: set[str] = set()
    for listed in sorted(base.glob(".purveyor/migrate/*/copies.json")):
        try:
            names = json.loads(listed.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue  # a copy too many in a scan is seen, and harmless
        if isinstance(names, list):
            found.update(name for name in names if isinstance(name, str) and name.endswith("_legacy.py"))
    return frozenset(found)


def _module(path: str) -> tuple[str, bool]:
    *folders, name = path.split("/")
    stem = name.rsplit(".", 1)[0]
    is_package = stem == "__init__"
    return ".".join(folders if is_package else [*folders, stem]), is_package


def _refused(path: str, reason: str, alias_of: str | None = None) -> SourceFile:
    module, is_package = _module(path)
    return SourceFile(
        path, status="undecodable", reason=reason, module=module, is_package=is_package, alias_of=alias_of
    )


def _read(base: Path, path: str) -> SourceFile:
    try:
        data, seen = _read_bytes(base / path)
    except _UnreadableError as error:
        return _refused(path, str(error))
    except FileNotFoundError:
        return _refused(path, "it vanished while the tree was read")
    except OSError as error:
        return _refused(path, f"it cannot be read: {error.strerror}")
    module, is_package = _module(path)
    status: Status = "ok"
    tree: ast.Module | None = None
    encoding, text, reason = _decode(data)
    if reason is not None:
        status = "undecodable"
    else:
        tree, reason = _parse(text, path)
        if reason is not None:
            status = "unparsable"
    file = SourceFile(
        path=path,
        data=data,
        status=status,
        reason=reason,
        module=module,
        is_package=is_package,
        encoding=encoding,
        text=text,
        mode=stat.S_IMODE(seen.st_mode),
        hardlinks=seen.st_nlink,
    )
    file.__dict__["tree"] = tree
    return file


class _UnreadableError(Exception):
    """Why a file should not be read, or was not read whole."""


def _read_bytes(path: Path) -> tuple[bytes, os.stat_result]:
    """Read a regular file, and nothing that could block: a pipe or a device is not opened, or not waited for."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise _UnreadableError("no regular file")
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    with open(os.open(path, flags), "rb", buffering=0) as opened:  # noqa: PTH123 - with flags
        before = os.fstat(opened.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise _UnreadableError("no regular file")
        if before.st_size > MAX_BYTES:
            raise _UnreadableError(f"larger than {MAX_BYTES // 1_000_000} MB")
        data = bytearray()
        while len(data) <= before.st_size and (chunk := opened.read(before.st_size + 1 - len(data))):
            data += chunk
        after = os.fstat(opened.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != before.st_size:
        raise _UnreadableError("it changed while it was read")
    return bytes(data), before


def _decode(data: bytes) -> tuple[str, str, str | None]:
    """Decode as Python does: encoding, text, and why it is no text."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(lines).readline)
    except SyntaxError as error:
        return "utf-8", "", str(error)
    try:
        return encoding, data.decode(encoding), None
    except UnicodeDecodeError as error:
        line = lines.count(b"\n", 0, error.start) + 1
        return encoding, "", f"line {line}: {error.reason}, as {encoding}"
    except (ValueError, LookupError) as error:
        return encoding, "", f"{error}"


def _parse(text: str, path: str) -> tuple[ast.Module | None, str | None]:
    reader = f"as Python {sys.version_info[0]}.{sys.version_info[1]} reads it"
    if "\0" in text:
        line = len(re.findall(r"\r\n?|\n", text[: text.index("\0")])) + 1
        return None, f"line {line}: a null byte"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, path), None
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        return None, f"{where}{error.msg}, {reader}"
    except (RecursionError, MemoryError, SystemError):
        return None, f"nested too deeply, {reader}"
    except ValueError as error:
        return None, f"{error}, {reader}"
