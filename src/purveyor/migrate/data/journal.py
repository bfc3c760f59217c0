"""The journal of a move: the source to the byte, and what became of each entry. By it the way back is found.

It is a zip file beside the target: ``manifest.json``, and the files of the source as ``source/0``, ``source/1``, …
While a move is under way it is called ``<name>.part``, and locked; its own name says that the move is complete.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from base64 import b64decode, b64encode
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

from purveyor.errors import JournalError
from purveyor.memory.store import Address
from purveyor.migrate.data.locks import hold
from purveyor.migrate.data.snapshot import Node, Snapshot, failures_of, sync_folder

if TYPE_CHECKING:
    import io
    from collections.abc import Generator
    from pathlib import Path

    from purveyor.memory.store import Namespace

__all__ = ["Fate", "Journal", "Line", "under_way"]

#: What became of an entry: it stands in the target now; what stood there was kept; it had expired before; it, or
#: something that names its key, is among what was put aside.
Fate: TypeAlias = Literal["moved", "kept", "expired", "aside"]

_VERSION = 1
_AGAIN = "move the data again, into an empty namespace, or restore the journal"
_DAMAGE = (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error, RecursionError)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can tell: the same move gives the same bytes


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one entry.

    Args:
        key: Its key.
        namespace: Where it lies, relative to where the source begins.
        fate: What became of it.
        digest: What stood in the target after the move, as `digest_of` gives it; None for nothing.
        own: What stood in the source; None for what could not be carried.
        expires: From when on the entry is absent, in seconds since the epoch; None for never.
    """

    key: str
    namespace: Namespace
    fate: Fate
    digest: str | None
    own: str | None = None
    expires: float | None = None

    @property
    def address(self) -> Address:
        """Namespace and key."""
        return Address(self.namespace, self.key)


@dataclass(frozen=True)
class Journal:
    """All that the way back needs.

    Args:
        format: The format of the source.
        source: What the source is called.
        sha256: The hash of the source.
        namespace: Where in the target it went.
        options: How it was read.
        lines: What became of its entries, in their order.
        others: What stood in the target before, and has nothing to do with the source: its digests, by address.
        snapshot: The source to the byte; None for a provider.
    """

    format: str
    source: str
    sha256: str
    namespace: Namespace
    options: dict[str, Any]
    lines: list[Line]
    others: dict[Address, str | None] = field(default_factory=dict[Address, "str | None"])
    snapshot: Snapshot | None = None

    @classmethod
    def read(cls, path: Path) -> Journal:
        """The journal of a complete move.

        Raises:
            JournalError: There is none, or it is not as it was written.
        """
        if not os.path.lexists(path):
            if os.path.lexists(_part(path)):
                advice = "run the same move again, which finishes it; then go back"
                raise JournalError(str(path), "the move was interrupted before its end", advice)
            raise JournalError(str(path), "there is no journal of a move there", "name the right one (--journal)")
        try:
            with failures_of(path), path.open("rb") as file:
                return cls._read(file)
        except _DAMAGE as error:
            raise JournalError(str(path), f"it is damaged, or was tampered with: {error}"[:300], _AGAIN) from error

    def following(self, previous: Journal | None) -> Journal:
        """The journal of a move that is made again: what came to the target since the first time is not forgotten.

        Args:
            previous: The journal of the first time, if it was the same move.
        """
        if previous is None or (previous.sha256, previous.namespace) != (self.sha256, self.namespace):
            return self
        before = {line.address: line for line in previous.lines if line.fate in ("moved", "kept")}
        lines = [before.get(line.address, line) if line.fate == "kept" else line for line in self.lines]
        return replace(self, lines=lines, others=previous.others)

    def write(self, file: io.FileIO) -> None:
        """Write it into a file, from its beginning, and return when it is on disk."""
        file.seek(0)
        file.truncate()
        nodes = [] if self.snapshot is None else [*self.snapshot.nodes.items()]
        manifest: dict[str, Any] = {
            "version": _VERSION,
            "format": self.format,
            "source": self.source,
            "sha256": self.sha256,
            "namespace": self.namespace,
            "options": self.options,
            "entries": [asdict(line) for line in self.lines],
            "others": [[*address, digest] for address, digest in self.others.items()],
            "files": [
                {
                    "path": path,
                    "kind": node.kind,
                    "mode": node.mode,
                    "owner": node.owner,
                    "modified": node.modified,
                    "reason": node.reason,
                }
                | ({"link": b64encode(node.data).decode()} if node.kind == "link" else {})
                for path, node in nodes
            ],
        }
        text = json.dumps(manifest, indent=1).encode()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for index, (_, node) in enumerate(nodes):
                if node.kind == "file":
                    archive.writestr(_info(f"source/{index}"), node.data)
            archive.writestr(_info("manifest.json"), text)
            archive.comment = sha256(text).hexdigest().encode()
        file.flush()
        os.fsync(file.fileno())

    @classmethod
    def _read(cls, file: IO[bytes]) -> Journal:
        with zipfile.ZipFile(file) as archive:
            text = archive.read("manifest.json")
            if archive.comment.decode() != sha256(text).hexdigest():
                raise ValueError("its manifest was changed")
            return cls._of_json(json.loads(text), archive)

    @classmethod
    def _of_json(cls, manifest: dict[str, Any], archive: zipfile.ZipFile) -> Journal:
        if manifest["version"] != _VERSION:
            raise ValueError(f"its version is {manifest['version']!r:.20}, and this Purveyor knows {_VERSION}")
        nodes: dict[str, Node] = {}
        for index, one in enumerate(manifest["files"]):
            data = b64decode(one["link"]) if one["kind"] == "link" else b""
            if one["kind"] == "file":
                data = archive.read(f"source/{index}")
            nodes[one["path"]] = Node(
                one["kind"], data, one["mode"], tuple(one["owner"]), one["modified"], one["reason"]
            )
        snapshot = Snapshot(manifest["source"], nodes) if nodes else None
        if snapshot is not None and snapshot.sha256 != manifest["sha256"]:
            raise ValueError("what it holds of the source does not have the hash that the source had")
        return cls(
            manifest["format"],
            manifest["source"],
            manifest["sha256"],
            tuple(manifest["namespace"]),
            manifest["options"],
            [_line(one) for one in manifest["entries"]],
            {Address(tuple(namespace), key): digest for namespace, key, digest in manifest["others"]},
            snapshot,
        )


class Pending:
    """A journal that is being written, under its preliminary name, which nobody else has meanwhile."""

    def __init__(self, path: Path, file: io.FileIO) -> None:
        self._path = path
        self._file = file
        self._keep = False

    def previous(self) -> Journal | None:
        """The journal of the same move when it was made before: complete, or as far as it came; None for none."""
        if os.path.lexists(self._path):
            return Journal.read(self._path)
        try:
            return Journal._read(self._file)
        except _DAMAGE:
            return None

    def write(self, journal: Journal) -> None:
        """Write it, durably: from here on it stays when the process dies."""
        with failures_of(self._path):
            journal.write(self._file)
            sync_folder(self._path.parent)

    @contextmanager
    def kept(self) -> Generator[None]:
        """Have the journal stay if the block does not come to its end: what was moved may be in the target.

        An error says that it is not; only the end of the process, or a cancellation, leaves that open.
        """
        self._keep = True
        try:
            yield
        except Exception:
            self._keep = False
            raise

    def complete(self) -> None:
        """Give the journal its name: the move is complete."""
        self._keep = True  # what has the preliminary name from now on is somebody else's
        with failures_of(self._path):
            _part(self._path).replace(self._path)
            sync_folder(self._path.parent)

    def drop(self) -> None:
        """Remove it, unless it is to stay."""
        if not self._keep:
            _part(self._path).unlink(missing_ok=True)


@contextmanager
def under_way(path: Path) -> Generator[Pending]:
    """A journal to be written; it is gone at the end of the block unless it was kept or completed.

    Raises:
        JournalError: Another move is writing it.
        StoreError: It cannot be written.
    """
    with failures_of(path):
        try:
            file = hold(_part(path))
        except BlockingIOError:
            raise JournalError(str(path), "another move is writing it", "wait for its end") from None
    with file:
        pending = Pending(path, file)
        try:
            yield pending
        finally:
            pending.drop()


def _line(one: Any) -> Line:
    one["namespace"] = tuple(one["namespace"])
    return Line(**one)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
