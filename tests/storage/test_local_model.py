"""LocalStorage against a dictionary: whatever is done to both, both give the same answers."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from purveyor.errors import ConflictError, ObjectNotFoundError, PathObstructedError
from purveyor.storage.attributes import guess_content_type

from .helpers import leftovers, local, tree

R = TypeVar("R")

PATHS = st.sampled_from(["a", "a/b", "a/b/c", "a-b", "a/b.txt", "z/é", "z/y/x"])
DATA = st.binary(max_size=20)
METADATA = st.dictionaries(st.sampled_from(["k", "owner"]), st.sampled_from(["", "v"]), max_size=2)


@dataclass
class Known:
    data: bytes
    etag: str
    content_type: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    checksum: str | None = None


class LocalMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.root = Path(tempfile.mkdtemp())
        self.files = local(self.root)
        self.model: dict[str, Known] = {}
        self.old_etags: list[str] = ["none"]

    def run(self, call: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(call)

    @initialize()
    def open(self) -> None:
        self.run(self.files.initialize())

    def teardown(self) -> None:
        self.run(self.files.cleanup())
        assert len([name for name in leftovers(self.root) if name.startswith("tmp")]) == 0
        self.runner.close()
        shutil.rmtree(self.root)

    def obstructed(self, path: str) -> bool:
        return any(other.startswith(path + "/") or path.startswith(other + "/") for other in self.model)

    @rule(path=PATHS, data=DATA, metadata=METADATA, kind=st.sampled_from([None, "x/y"]), checked=st.booleans(),
          condition=st.sampled_from([None, "*", "current", "old"]), streamed=st.booleans())  # fmt: skip
    def put(
        self, path: str, data: bytes, metadata: dict[str, str], kind: str | None, checked: bool,
        condition: str | None, streamed: bool,
    ) -> None:  # fmt: skip
        current = self.model.get(path)
        checksum = f"sha256:{hashlib.sha256(data).hexdigest()}" if checked else None
        options: dict[str, Any] = {"content_type": kind, "metadata": metadata, "checksum": checksum}
        refused: type[Exception] | None = None
        if condition == "*":
            options["if_none_match"] = "*"
            refused = ConflictError if current else None
        elif condition == "current":
            options["if_match"] = current.etag if current else "none"
            refused = None if current else ConflictError
        elif condition == "old":
            options["if_match"] = self.old_etags[-1]
            refused = None if current and current.etag == self.old_etags[-1] else ConflictError
        if self.obstructed(path):
            refused = PathObstructedError if "if_match" not in options else (ConflictError, PathObstructedError)  # type: ignore[assignment]
        call = self.files.put(path, [data[:5], data[5:]] if streamed else data, **options)
        if refused:
            with pytest.raises(refused):
                self.run(call)
            return
        meta = self.run(call)
        if current:
            self.old_etags.append(current.etag)
        self.model[path] = Known(data, meta.etag, kind, metadata, checksum)

    @rule(path=PATHS, start=st.integers(0, 20), length=st.none() | st.integers(0, 25))
    def get(self, path: str, start: int, length: int | None) -> None:
        known = self.model.get(path)
        if known is None:
            with pytest.raises(ObjectNotFoundError):
                self.run(self.files.get(path))
            return
        start = min(start, len(known.data))
        end = None if length is None else start + length
        assert (
            self.run(self.files.get(path, start=start, length=length, if_match=known.etag))
            == known.data[start:end]
        )

    @rule(path=PATHS)
    def delete(self, path: str) -> None:
        known = self.model.pop(path, None)
        assert self.run(self.files.delete(path)) is (known is not None)
        if known:
            self.old_etags.append(known.etag)

    @rule(paths=st.lists(PATHS, max_size=4))
    def delete_many(self, paths: list[str]) -> None:
        there = {path for path in paths if self.model.pop(path, None)}
        assert self.run(self.files.delete_many(paths)) == len(there)

    @rule(source=PATHS, goal=PATHS, create_only=st.booleans(), move=st.booleans())
    def transfer(self, source: str, goal: str, create_only: bool, move: bool) -> None:
        if source == goal:
            return
        known = self.model.get(source)
        call = (self.files.rename if move else self.files.copy)(
            source, goal, if_none_match="*" if create_only else None
        )
        refused: type[Exception] | None = None
        if known is None:
            refused = ObjectNotFoundError
        elif self.obstructed(goal):
            refused = PathObstructedError
        elif create_only and goal in self.model:
            refused = ConflictError
        if refused:
            with pytest.raises(refused):
                self.run(call)
            return
        assert known
        meta = self.run(call)
        assert (meta.etag == known.etag) is move
        if move:
            del self.model[source]
        self.model[goal] = Known(known.data, meta.etag, known.content_type, known.metadata, known.checksum)

    @rule()
    def reopen(self) -> None:
        self.run(self.files.reload())

    @invariant()
    def what_is_known_is_there_and_nothing_else(self) -> None:
        if self.files.storage is None:
            return
        found = self.run(self.files.list())
        assert [meta.path for meta in found] == sorted(self.model)
        metas = self.run(self.files.head_many(self.model))
        for path, known in self.model.items():
            meta = metas[path]
            assert (meta.size, meta.etag, meta.metadata) == (len(known.data), known.etag, known.metadata)
            assert meta.content_type == (known.content_type or guess_content_type(path))
            assert meta.checksum == known.checksum
        folders = {path[:index] for path in self.model for index, sign in enumerate(path) if sign == "/"}
        assert tree(self.root) == sorted({*self.model, *folders})
        kept = [known for known in self.model.values() if known.content_type or known.metadata or known.checksum]
        assert len(leftovers(self.root)) == len(kept) + 1


TestLocalMachine = LocalMachine.TestCase
TestLocalMachine.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
