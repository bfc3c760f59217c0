"""`move_data`: read all, list every problem, journal, write in one transaction, read back."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from purveyor.errors import (
    InvalidInputError,
    JournalError,
    MoveCollisionError,
    MoveProblem,
    MoveRefusedError,
    MoveVerificationError,
)
from purveyor.memory.values import check_namespace
from purveyor.migrate.data.aside import put_aside
from purveyor.migrate.data.journal import Journal, Line, under_way
from purveyor.migrate.data.legacy import check_unchanged, path_of, read_legacy
from purveyor.migrate.data.opened import opened, place_of
from purveyor.migrate.data.provided import ProvidedSource, read_provider
from purveyor.migrate.data.records import Entry, Record, Source, digest_of
from purveyor.migrate.data.snapshot import path_from
from purveyor.migrate.data.threads import to_its_end
from purveyor.provider import Provider
from purveyor.storage.provider import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from purveyor.memory.store import Address, Namespace
    from purveyor.migrate.data.desk import Desk, Found
    from purveyor.migrate.data.journal import Fate
    from purveyor.migrate.data.legacy import Format

__all__ = ["Moved", "journal_of", "move_data"]

OnConflict = Literal["refuse", "keep", "replace"]

_PORTION = 256


@dataclass(frozen=True)
class Moved:
    """What a move did, or with `dry_run` would do.

    Args:
        source: What was moved.
        target: Where to.
        format: The format of the source.
        sha256: The hash of the source.
        digest: The digest of all that was moved: of the digests of the records, by address.
        moved: How many entries the target has now.
        already: How many of them it had before, just so.
        kept: How many were left out, since the target had something else there that was to be kept.
        replaced: How many replaced something, which was put aside.
        expired: The keys of entries that had expired: the target has no place for them, the journal keeps them.
        set_aside: What could not be carried, and was put aside.
        notes: What a person should know.
        journal: Where the journal lies, by which `move_back` finds the way; None for a dry run.
        aside: Where what was put aside lies; None if nothing was, and for a dry run.
        dry_run: Whether nothing was written.
    """

    source: str
    target: str
    format: str
    sha256: str
    digest: str
    moved: int
    already: int
    kept: int
    replaced: int
    expired: tuple[str, ...]
    set_aside: tuple[MoveProblem, ...]
    notes: tuple[str, ...]
    journal: Path | None
    aside: Path | None
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        """It as JSON data."""
        return asdict(self) | {
            "expired": [*self.expired],
            "set_aside": [asdict(problem) for problem in self.set_aside],
            "notes": [*self.notes],
            "journal": None if self.journal is None else str(self.journal),
            "aside": None if self.aside is None else str(self.aside),
        }


async def move_data(
    source: str | os.PathLike[str] | Provider[Any],
    target: Provider[Any],
    *,
    namespace: Namespace = (),
    format: Format = "auto",
    allow_pickle: bool = False,
    timezone: str | None = None,
    on_conflict: OnConflict = "refuse",
    set_aside: bool = False,
    dry_run: bool = False,
    journal: str | os.PathLike[str] | None = None,
    clock: Callable[[], float] = time.time,
) -> Moved:
    """Move the data of a legacy store, or of another provider, into a memory or a storage.

    The source is never written to. Everything is read, and everything that cannot be carried exactly is listed,
    before anything is written. Then the journal is written, then the target in one transaction, where it has them;
    then all of it is read back and compared. Of a process that is killed, the target has nothing or everything; a
    storage, which has no transactions, may have a part. The same call again finishes the work.

    Where the target is a `SQLiteMemory` that is not initialized and whose file does not exist, the file appears,
    whole and verified, at the end. A move takes about eight times the size of a legacy store in memory.

    Args:
        source: The path of a legacy store (see `read_legacy`), or a memory or storage provider.
        target: A memory or storage provider, initialized or not.
        namespace: Where in the target it goes.
        format: The format of a legacy store.
        allow_pickle: Whether pickles are read: plain data only, and nothing that they say is run.
        timezone: Where times without an offset were written; None for the zone of this machine.
        on_conflict: What happens where the target has something else under a key: ``"refuse"`` the whole move,
            ``"keep"`` what is there, or ``"replace"`` it, and put it aside.
        set_aside: Whether what cannot be carried is put into ``<target>.aside.json``, and the rest moved.
        dry_run: Only tell what would be done.
        journal: Where the journal is to lie; if None beside the target, or the source where that has no place.
        clock: Gives the time in seconds since the epoch.

    Returns:
        What was done.

    Raises:
        MoveRefusedError: Something cannot be carried exactly; the error lists all of it.
        MoveCollisionError: The target has other things under some of the keys.
        SourceChangedError: The source is still written to.
        MoveVerificationError: The target does not give back what was put there.
        JournalError: The journal of another move is in the way.
        UnknownFormatError: The source is no legacy store.
        InvalidInputError: An option, or where the target or the journal lies, is not possible.
        StoreError: A file or a backend failed.
    """
    check_namespace(namespace)
    if on_conflict not in ("refuse", "keep", "replace"):
        raise InvalidInputError("on_conflict", f"is {on_conflict!r:.80}", 'use "refuse", "keep" or "replace"')
    raw = isinstance(source, StorageProvider) and isinstance(target, StorageProvider)
    if raw and on_conflict == "replace":
        problem = 'cannot be "replace" between two storages, since objects are not put aside'
        raise InvalidInputError("on_conflict", problem, 'use "keep", or delete those objects first')
    origin = place_of(source) if isinstance(source, Provider) else path_of(source, format).absolute()
    named = None if journal is None else path_from(journal, "journal")
    options = {"allow_pickle": allow_pickle, "timezone": timezone}
    async with AsyncExitStack() as stack:
        read: Source
        check: Callable[[], Awaitable[None]]
        if isinstance(source, Provider):
            await stack.enter_async_context(opened(source, (), raw=raw))
            read = provided = await read_provider(source, raw=raw)
            check = provided.check_unchanged
        else:
            reader = partial(read_legacy, source, format, allow_pickle=allow_pickle, timezone=timezone)
            read = await asyncio.to_thread(reader)
            check = partial(_check_later, read, cast("Path", origin))
        path = named or journal_of(origin, target, read.name, namespace)
        base = place_of(target) or path
        aside = base.with_name(f"{base.name}.aside.json")
        if read.format == "files" and any(origin in place.absolute().parents for place in (path, base)):
            problem = "lies, or its journal does, in the folder that is moved, which would change by that"
            raise InvalidInputError("target", problem, "put it, and the journal (--journal), somewhere else")
        ready = await stack.enter_async_context(opened(target, namespace, create=True, raw=raw))
        plan = await _Plan.of(read, ready.desk, on_conflict, clock())
        if plan.problems and not (set_aside and all(problem.can_be_set_aside for problem in plan.problems)):
            raise MoveRefusedError(read.name, plan.problems)
        if plan.collisions:
            raise MoveCollisionError(ready.desk.label, plan.collisions)
        if not dry_run:
            _check_in_the_way(path, read.sha256, namespace)
            with under_way(path) as pending:
                book = Journal(
                    read.format, read.name, read.sha256, namespace, options, plan.lines, plan.others, read.snapshot
                ).following(pending.previous())
                if plan.aside:
                    await to_its_end(put_aside, aside, read.name, plan.aside)
                await to_its_end(pending.write, book)
                await check()
                with pending.kept():
                    await _write(plan, ready.desk, clock)
                    await ready.publish()
                pending.complete()
        return plan.report(None if dry_run else path, aside, dry_run=dry_run)


def journal_of(origin: Path | None, target: Provider[Any], source: str, namespace: Namespace) -> Path:
    """Where the journal of a move lies, unless one says where: beside the target, or else the source.

    Raises:
        InvalidInputError: Neither has a place.
    """
    base = place_of(target) or origin
    if base is None:
        raise InvalidInputError("journal", "is missing, and neither source nor target has a place", "name a file")
    name = f"{base.name}.{source}" if base != origin else base.name
    if namespace:
        name += f".{sha256(json.dumps(namespace).encode()).hexdigest()[:8]}"
    return base.with_name(f"{name}.moved")


@dataclass
class _Plan:
    """What is to become of each entry."""

    source: Source
    desk: Desk
    puts: list[Entry]
    lines: list[Line]
    versions: dict[Address, int | str]
    others: dict[Address, str | None]
    problems: list[MoveProblem]
    collisions: list[str]
    aside: list[dict[str, Any]]
    already: int = 0

    @classmethod
    async def of(cls, source: Source, desk: Desk, on_conflict: OnConflict, now: float) -> _Plan:
        plan = cls(source, desk, [], [], {}, {}, [*source.problems], [], [])
        plan.aside = [_aside_of(problem, source) for problem in source.problems if problem.can_be_set_aside]
        keys = dict.fromkeys(problem.key for problem in source.problems if problem.key is not None)
        for entry in source.entries:
            keys.pop(entry.key, None)
        plan.lines = [Line(key, (), "aside", None) for key in keys]
        for start in range(0, len(source.entries), _PORTION):
            live: list[Entry] = []
            portion = source.entries[start : start + _PORTION]
            refusals = await asyncio.to_thread(_refusals, source, desk, portion)
            for entry, refused in zip(portion, refusals, strict=True):
                if refused is not None:
                    plan._refuse(entry, refused)
                elif entry.expires is not None and entry.expires <= now:
                    plan.lines.append(_line(entry, "expired", None))
                else:
                    live.append(entry)
            there = await desk.get([entry.address for entry in live])
            for entry, found in zip(live, there, strict=True):
                plan._meet(entry, found, on_conflict)
        ours = {line.address for line in plan.lines}
        async for found in desk.everything(deep=isinstance(source, ProvidedSource)):
            if found.record is not None and found.record.address not in ours:
                plan.others[found.record.address] = digest_of(found.record)
        return plan

    def report(self, journal: Path | None, aside: Path, *, dry_run: bool) -> Moved:
        fates = [line.fate for line in self.lines]
        digests = sorted((line.namespace, line.key, line.digest) for line in self.lines if line.fate == "moved")
        return Moved(
            source=self.source.name,
            target=self.desk.label,
            format=self.source.format,
            sha256=self.source.sha256,
            digest=sha256(json.dumps(digests).encode()).hexdigest(),
            moved=fates.count("moved"),
            already=self.already,
            kept=fates.count("kept"),
            replaced=len(self.versions),
            expired=tuple(line.key for line in self.lines if line.fate == "expired"),
            set_aside=tuple(self.problems),
            notes=tuple(self.source.notes),
            journal=journal,
            aside=aside if self.aside and not dry_run else None,
            dry_run=dry_run,
        )

    def _refuse(self, entry: Entry, refused: InvalidInputError) -> None:
        problem = MoveProblem(
            f"its {refused.argument} {refused.problem}",
            refused.advice or "change it",
            entry.key,
            entry.file,
            entry.line,
            entry.offset,
        )
        self.problems.append(problem)
        record = self.source.record(entry)
        self.aside.append(_problem_json(problem) | {"record": asdict(record)})
        self.lines.append(_line(entry, "aside", None))

    def _meet(self, entry: Entry, found: Found | None, on_conflict: OnConflict) -> None:
        """What becomes of an entry, with what stands in its place."""
        there = None if found is None or found.record is None else digest_of(found.record)
        if found is None:
            self.puts.append(entry)
        elif there == entry.digest:
            self.already += 1
        elif on_conflict == "keep":
            self.lines.append(_line(entry, "kept", there))
            return
        elif on_conflict == "replace" and found.record is not None:
            self.puts.append(entry)
            self.versions[entry.address] = found.version
            self.aside.append({"problem": f"was replaced in {self.desk.label}", "record": asdict(found.record)})
        else:
            self.collisions.append("/".join((*entry.namespace, entry.key)))
        self.lines.append(_line(entry, "moved", entry.digest))


def _refusals(source: Source, desk: Desk, entries: list[Entry]) -> list[InvalidInputError | None]:
    return [desk.refusal(source.record(entry)) for entry in entries]


def _line(entry: Entry, fate: Fate, digest: str | None) -> Line:
    return Line(entry.key, entry.namespace, fate, digest, entry.digest, entry.expires)


class _Records(Sequence[Record]):
    """The records of entries, read when they are asked for."""

    def __init__(self, source: Source, entries: list[Entry]) -> None:
        self._source = source
        self._entries = entries

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        if isinstance(index, slice):
            return _Records(self._source, self._entries[index])
        return self._source.record(self._entries[index])

    def __len__(self) -> int:
        return len(self._entries)


async def _write(plan: _Plan, desk: Desk, clock: Callable[[], float]) -> None:
    """Write what is planned, and read it back.

    Raises:
        MoveVerificationError: Something else came back; what was written was taken out again.
    """
    undo = await desk.change(_Records(plan.source, plan.puts), plan.versions, {})
    expected = {line.address: line.digest for line in plan.lines if line.fate == "moved"}
    expires = {entry.address: entry.expires for entry in plan.source.entries}
    wrong: list[str] = []
    addresses = [*expected]
    for start in range(0, len(addresses), _PORTION):
        portion = addresses[start : start + _PORTION]
        for address, found in zip(portion, await desk.get(portion), strict=True):
            ends = expires[address]
            expired = found is None and ends is not None and ends <= clock()
            digest = None if found is None or found.record is None else digest_of(found.record)
            if digest != expected[address] and not expired:
                wrong.append(str(address))
    if wrong:
        await undo()
        raise MoveVerificationError(desk.label, wrong)


async def _check_later(source: Source, path: Path) -> None:
    await asyncio.to_thread(check_unchanged, source, path)


def _check_in_the_way(path: Path, hashed: str, namespace: Namespace) -> None:
    """See that no journal of another move is replaced: it is the only way back of that one."""
    if not os.path.lexists(path):  # one that is too long is told where it is opened
        return
    if path.is_dir():
        raise JournalError(str(path), "it is a folder", "name a file (--journal)")
    there = Journal.read(path)
    if (there.sha256, there.namespace) != (hashed, namespace):
        raise JournalError(
            str(path),
            "it is that of another move, of another source or another state of this one",
            "name another file (--journal); or move it away, if its way back will not be needed",
        )


def _aside_of(problem: MoveProblem, source: Source) -> dict[str, Any]:
    return _problem_json(problem) | {"raw": source.raw(problem)}


def _problem_json(problem: MoveProblem) -> dict[str, Any]:
    return {
        name: value for name, value in asdict(problem).items() if name != "can_be_set_aside" and value is not None
    }
