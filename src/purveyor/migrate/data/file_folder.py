"""Stores of one file a key: ``{key, value, created_at, metadata, ttl}`` in JSON or, if that is allowed, in pickle.

Their `safe_key` made file names of keys by turning much into ``_``, so that ``a/b`` and ``a_b`` shared a file and
the later one replaced the earlier: the key inside the file counts, and what was lost that way is told.
"""

from __future__ import annotations

import os
import pickle
import re
from base64 import b64encode
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from purveyor.errors import MoveProblem, MoveRefusedError
from purveyor.migrate.data.entries_file import BOM
from purveyor.migrate.data.envelope import Envelopes, RefusedError
from purveyor.migrate.data.jsontext import Layout, parse
from purveyor.migrate.data.pickles import UnsafePickleError, read_pickle
from purveyor.migrate.data.records import Entry, Source, digest_of
from purveyor.migrate.data.times import Clockwork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from purveyor.migrate.data.records import Record
    from purveyor.migrate.data.snapshot import Node, Snapshot

__all__ = ["FileFolder", "looks_like_pickle"]

_FIELDS = ("key", "value", "created_at", "metadata", "ttl")
_PICKLES = (".pkl", ".pickle", ".p")

#: How file names may have been made of keys; the one that all files agree with is used for new ones.
_SAFE_KEYS: tuple[Callable[[str], str], ...] = (
    lambda key: "".join(sign if sign.isalnum() else "_" for sign in key),
    lambda key: re.sub(r"[^A-Za-z0-9]", "_", key),
    lambda key: re.sub(r"[^A-Za-z0-9-]", "_", key),
    lambda key: re.sub(r"[^\w.-]", "_", key, flags=re.ASCII),
    lambda key: re.sub(r"[^\w.-]", "_", key),
)


class FileFolder(Source):
    """A folder with one file a key. All files lie in memory.

    Args:
        snapshot: The folder.
        zone: Where times without an offset were written; None for the zone of this machine.
        allow_pickle: Whether pickles are read.
    """

    format = "files"

    def __init__(self, snapshot: Snapshot, zone: tzinfo | None, *, allow_pickle: bool) -> None:
        super().__init__(snapshot.name)
        self._snapshot = snapshot
        self._allow_pickle = allow_pickle
        self._clockwork = Clockwork(zone)
        self._files: dict[str, str] = {}
        self._envelopes = Envelopes(self._clockwork, _FIELDS)
        self._read()

    @property
    def sha256(self) -> str:
        """The hash of all files with their names."""
        return self._snapshot.sha256

    @property
    def snapshot(self) -> Snapshot:
        """The folder."""
        return self._snapshot

    def record(self, entry: Entry) -> Record:
        """What an entry says."""
        return self._record(self._files[entry.key])

    def raw(self, problem: MoveProblem) -> object:
        """The bytes of the file."""
        assert problem.file is not None  # here every problem has one
        node = self._snapshot.nodes[problem.file]
        if node.kind == "link":
            return {"link": os.fsdecode(node.data)}
        try:
            return {"text": node.data.decode()}
        except UnicodeDecodeError:
            return {"base64": b64encode(node.data).decode()}

    def rewrite(self, changed: Mapping[str, Record], deleted: Sequence[str], added: Sequence[Record]) -> Snapshot:
        """The folder with these changes; a new key gets a file as `safe_key` named them.

        Raises:
            MoveRefusedError: A key has no place of its own in the folder, or an envelope none for what is said.
        """
        files: dict[str, bytes | None] = {self._files[key]: None for key in deleted if key in self._files}
        problems: list[MoveProblem] = []
        for key, record in changed.items():
            if key in self._files:
                try:
                    files[self._files[key]] = self._written(self._files[key], record)
                except RefusedError as refused:
                    problems.append(MoveProblem(refused.problem, refused.advice, key, self._files[key]))
        missing = [record for key, record in changed.items() if key not in self._files]
        example = next(iter(self._files.values()), "entry.json")
        stem, suffix = self._safe_key, PurePosixPath(example).suffix
        for record in [*missing, *added]:
            path = stem(record.key) + suffix
            if path in (".", ".."):
                problem = f"would be the file {path}, which no folder can have"
                problems.append(MoveProblem(problem, "rename the key in the target", record.key))
            elif files.get(path, path in self._snapshot.nodes):
                problem = f"would share the file {path} with another key, and replace it"
                problems.append(MoveProblem(problem, "rename the key in the target", record.key, path))
            elif len(os.fsencode(path)) > 255:
                problems.append(
                    MoveProblem("is too long for the name of a file", "shorten the key in the target", record.key)
                )
            else:
                try:
                    files[path] = self._dumped(self._envelopes.write(record, None, None), example)
                except RefusedError as refused:
                    problems.append(MoveProblem(refused.problem, refused.advice, record.key, path))
        if problems:
            raise MoveRefusedError(self.name, problems)
        return self._snapshot.with_files(files) if files else self._snapshot

    def _read(self) -> None:
        by_key: dict[str, list[tuple[str, Record]]] = defaultdict(list)
        # What is in a folder is told of, so that the folder itself need not be.
        full = {path.rpartition("/")[0] for path in self._snapshot.nodes}
        for path, node in self._snapshot.nodes.items():
            if path not in full:
                try:
                    self._check_kind(path, node)
                    record = self._record(path)
                    by_key[record.key].append((path, record))
                except RefusedError as refused:
                    line = 1 if path.endswith(".json") and node.kind == "file" else None
                    readable = node.kind in ("file", "link", "folder")
                    self.problems.append(
                        MoveProblem(refused.problem, refused.advice, None, path, line, 0, readable)
                    )
        collapsed = 0
        for key, found in by_key.items():
            if len(found) > 1:
                names = ", ".join(path for path, _ in found)
                self.problems += [
                    MoveProblem(f"has the same key as others: {names}", "take all but one out", key, path, 1, 0)
                    for path, _ in found
                ]
                continue
            [(path, record)] = found
            self._files[key] = path
            self.entries.append(Entry(key, digest_of(record), record.expires, path, offset=0))
            collapsed += PurePosixPath(path).stem != key
        if collapsed:
            self.notes.append(
                f"{collapsed} keys do not stand in the names of their files as they are: what other keys, that "
                "gave the same names, had held was replaced there before, and is lost"
            )
        self.notes += self._clockwork.notes
        if self._envelopes.untimed:
            self.notes.append(
                f"{self._envelopes.untimed} entries have no created_at, and got the time of their files"
            )

    def _check_kind(self, path: str, node: Node) -> None:
        if node.kind == "link":
            problem = f"is a symbolic link to {os.fsdecode(node.data)!r:.200}; links are not followed"
            raise RefusedError(problem, "put the file itself here, or take the link out")
        if node.kind in ("unreadable", "special"):
            raise RefusedError(f"cannot be read: {node.reason}", "let this process read it, or take it out")
        if node.kind == "folder" or "/" in path:
            raise RefusedError(
                "is a folder, or lies in one; entries are files of the store itself", "move it away"
            )

    def _record(self, path: str) -> Record:
        return self._envelopes.read(self._body(path), None, self._snapshot.nodes[path].modified / 1e9)

    def _body(self, path: str) -> Any:
        data = self._snapshot.nodes[path].data
        if looks_like_pickle(path, data):
            if not self._allow_pickle:
                raise RefusedError(
                    "is a pickle, which is not read unless that is asked for",
                    "allow_pickle (--allow-pickle) reads plain data from it, and runs nothing",
                )
            try:
                return read_pickle(data)
            except UnsafePickleError as error:
                raise RefusedError(f"{error}", "do not load it unless you know where it comes from") from None
        try:
            text = data.removeprefix(BOM).decode()
        except UnicodeDecodeError as error:
            raise RefusedError(
                f"is not UTF-8: {error.reason} at byte {error.start}", "convert or restore it"
            ) from None
        try:
            body, end = parse(text)
        except RecursionError:
            raise RefusedError("is nested too deeply", "flatten it") from None
        except ValueError as error:
            problem = "is cut short: empty" if not text.strip() else f"cannot be carried as JSON: {error}"
            raise RefusedError(problem, "mend it, or restore a copy") from None
        if text[end:].strip(" \t\r\n"):
            raise RefusedError("has more behind its end", "mend it, or restore a copy")
        return body

    def _written(self, path: str, record: Record) -> bytes:
        body = self._body(path)
        return self._dumped(self._envelopes.write(record, body, self._record(path)), path)

    def _dumped(self, body: dict[str, Any], like: str) -> bytes:
        """An envelope as a file, laid out as another one is."""
        node = self._snapshot.nodes.get(like)
        data = b"" if node is None else node.data
        if looks_like_pickle(like, data):
            return pickle.dumps(body, protocol=data[1] if data[:1] == b"\x80" else 0)
        text = data.removeprefix(BOM).decode()
        stripped = text.strip()
        samples = [(self._body(like), stripped)] if stripped else []
        dumped = Layout.of(samples, margin=False).dump(body, margin=False)
        begin = len(text) - len(text.lstrip())
        dumped = text[:begin] + dumped + text[begin + len(stripped) :]
        return (BOM if data.startswith(BOM) else b"") + dumped.encode()

    @property
    def _safe_key(self) -> Callable[[str], str]:
        agreeing = [
            safe
            for safe in _SAFE_KEYS
            if all(safe(key) == PurePosixPath(path).stem for key, path in self._files.items())
        ]
        return (agreeing or [*_SAFE_KEYS])[0]


def looks_like_pickle(path: str, data: bytes) -> bool:
    """Whether a file is a pickle, by its name or its first byte."""
    return path.endswith(_PICKLES) or data[:1] == b"\x80"
