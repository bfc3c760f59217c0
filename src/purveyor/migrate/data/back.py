"""`move_back`: the legacy store as it was, to the byte, with what has changed since, and nothing else changed."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from purveyor.errors import DestinationChangedError, JournalError, MoveProblem, MoveRefusedError
from purveyor.memory.values import check_namespace
from purveyor.migrate.data.journal import Journal, under_way
from purveyor.migrate.data.legacy import check_closed, path_of, source_of
from purveyor.migrate.data.move import journal_of
from purveyor.migrate.data.opened import opened, place_of
from purveyor.migrate.data.provided import read_provider
from purveyor.migrate.data.records import digest_of
from purveyor.migrate.data.snapshot import failures_of, path_from, recover, take
from purveyor.migrate.data.threads import to_its_end
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.memory.store import Address, Namespace
    from purveyor.migrate.data.desk import Desk
    from purveyor.migrate.data.journal import Line
    from purveyor.migrate.data.records import Record

__all__ = ["MovedBack", "move_back"]


@dataclass(frozen=True)
class MovedBack:
    """What a move back did, or with `dry_run` would do.

    Args:
        source: The legacy store, or the provider, that it went back to.
        target: Where the data was.
        format: The format of the legacy store.
        sha256: The hash of what was written; of a provider, that of what was moved from it.
        identical: Whether it is the legacy store as it was, to the byte.
        unchanged: How many entries are as they were.
        changed: The keys of those that have changed since the move.
        added: The keys that are new.
        deleted: The keys that are no more.
        dry_run: Whether nothing was written.
    """

    source: str
    target: str
    format: str
    sha256: str
    identical: bool
    unchanged: int
    changed: tuple[str, ...]
    added: tuple[str, ...]
    deleted: tuple[str, ...]
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        """It as JSON data."""
        return asdict(self) | {"changed": [*self.changed], "added": [*self.added], "deleted": [*self.deleted]}


async def move_back(
    source: str | os.PathLike[str] | Provider[Any],
    target: Provider[Any],
    *,
    namespace: Namespace = (),
    journal: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    clock: Callable[[], float] = time.time,
) -> MovedBack:
    """Bring the legacy store back to what it was, with all that has been put, changed and deleted since the move.

    The target stays as it is. Of a legacy store each byte that nobody has changed is as it was: what had expired
    or was put aside stands where it stood. Where nothing was changed at all the store is identical. It is written
    whole or not at all. A provider is changed only where the target has changed, in one transaction where it has
    them.

    Args:
        source: Where the data came from: a path, which may be another one than then, or the provider.
        target: The provider that it was moved to.
        namespace: Where in the target it went.
        journal: The journal of the move, if it does not lie where `move_data` puts it.
        overwrite: Whether what is there is replaced even if it is not what was moved.
        dry_run: Only tell what would be done.
        clock: Gives the time in seconds since the epoch.

    Returns:
        What was done.

    Raises:
        JournalError: There is no journal of the move, or it is damaged.
        DestinationChangedError: What is there is not what was moved.
        MoveRefusedError: Something in the target has no place in the format; the error lists all of it.
        MoveCollisionError: The provider that it goes back to is written to meanwhile.
        UnknownFormatError: Some process has the database open that is to be replaced.
        InvalidInputError: A path, or the namespace, is not possible.
        StoreError: A file or a backend failed.
    """
    check_namespace(namespace)
    if isinstance(source, Provider):
        origin, name = place_of(source), source.metadata.name
    else:
        origin = path_of(source, "entries").absolute()
        name = origin.name
    path = journal_of(origin, target, name, namespace) if journal is None else path_from(journal, "journal")
    book = await asyncio.to_thread(Journal.read, path)
    if book.namespace != namespace:
        there = "/".join(book.namespace) or "()"
        raise JournalError(str(path), f"it is that of a move into the namespace {there}", "name that namespace")
    if (book.snapshot is None) != isinstance(source, Provider):
        kind = "a provider" if book.snapshot is None else "a legacy store"
        raise JournalError(str(path), f"it is that of a move from {kind}", "give that as the source")
    async with opened(target, namespace, raw=book.format == "objects") as ready:
        changes = await _Changes.of(book, ready.desk, clock())
        with under_way(path):  # so that no move begins meanwhile
            if isinstance(source, Provider):
                hashed = await _into_provider(source, book, changes, overwrite=overwrite, dry_run=dry_run)
            else:
                assert origin is not None  # a path has one
                hashed = await to_its_end(_into_files, origin, book, changes, overwrite=overwrite, dry_run=dry_run)
    return MovedBack(
        source=name,
        target=ready.desk.label,
        format=book.format,
        sha256=hashed,
        identical=hashed == book.sha256 and not changes,
        unchanged=changes.unchanged,
        changed=tuple(address.key for address in changes.changed),
        added=tuple(record.key for record in changes.added),
        deleted=tuple(line.key for line in changes.deleted),
        dry_run=dry_run,
    )


@dataclass
class _Changes:
    """What is otherwise in the target than right after the move."""

    changed: dict[Address, Record] = field(default_factory=dict["Address", "Record"])
    added: list[Record] = field(default_factory=list["Record"])
    deleted: list[Line] = field(default_factory=list["Line"])
    restored: list[Record] = field(default_factory=list["Record"])  # as they were; for a provider that lost them
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.deleted)

    @classmethod
    async def of(cls, book: Journal, desk: Desk, now: float) -> _Changes:
        changes = cls()
        lines = {line.address: line for line in book.lines}
        seen: set[Address] = set()
        problems: list[MoveProblem] = []
        async for found in desk.everything(deep=book.snapshot is None):
            record, line = found.record, lines.get(found.address)
            if record is None:
                if line is not None and line.digest is not None:  # it is not deleted, and cannot be carried
                    advice = "put JSON there, as application/json, or delete it"
                    problems.append(MoveProblem("is now an object that is no JSON", advice, line.key))
                continue
            digest = digest_of(record)
            if line is not None:
                seen.add(record.address)
                if line.digest == digest:
                    changes.unchanged += 1
                    changes.restored.append(record)
                else:
                    changes.changed[record.address] = record
            elif book.others.get(record.address) != digest:
                changes.added.append(record)
        if problems:
            raise MoveRefusedError(desk.label, problems)
        for address, line in lines.items():
            if address not in seen:
                ends = line.expires
                if line.digest is None or (ends is not None and ends <= now):
                    changes.unchanged += 1  # it was never there, or has expired of itself
                else:
                    changes.deleted.append(line)
        changes.added.sort(key=lambda record: (record.created, record.address))
        return changes


def _into_files(destination: Path, book: Journal, changes: _Changes, *, overwrite: bool, dry_run: bool) -> str:
    """Write the legacy store; the hash of it."""
    assert book.snapshot is not None  # of a move from files
    destination = Path(os.path.realpath(destination))  # what a link leads to is written, and the link stays
    source = source_of(book.snapshot, book.format, **book.options)
    own = {entry.key: entry.digest for entry in source.entries}
    if any(line.own is not None and own.get(line.key) != line.own for line in book.lines):
        problem = "this Purveyor, or this machine with its time zone, reads the source in another way"
        raise JournalError(str(destination), problem, "use the version, and the time zone (TZ), of the move")
    after = source.rewrite(
        {address.key: record for address, record in changes.changed.items()},
        [line.key for line in changes.deleted],
        changes.added,
    )
    if dry_run:
        return after.sha256
    with failures_of(destination):
        recover(destination)
    check_closed(destination)
    if os.path.lexists(destination):
        there = take(destination).sha256
        if there == after.sha256:
            return there
        if there != book.sha256 and not overwrite:
            raise DestinationChangedError(str(destination))
    after.write(destination)
    if (written := take(destination).sha256) != after.sha256:
        raise DestinationChangedError(str(destination))
    return written


async def _into_provider(
    source: Provider[Any], book: Journal, changes: _Changes, *, overwrite: bool, dry_run: bool
) -> str:
    """Bring what has changed into the provider that the data came from; the hash of what that then holds."""
    lines = {line.address: line for line in book.lines}
    raw = book.format == "objects"
    puts: list[Record] = []
    versions: dict[Address, int | str] = {}
    deletes: dict[Address, int | str] = {}
    async with opened(source, (), raw=raw) as home:
        there = {found.address: found async for found in home.desk.everything(deep=True)}
        for record in [*changes.changed.values(), *changes.added, *changes.restored]:
            found, line = there.get(record.address), lines.get(record.address)
            if line is not None and line.fate == "kept" and line.digest == digest_of(record):
                continue  # each side has its own, as it had
            mine = None if found is None or found.record is None else digest_of(found.record)
            if mine != digest_of(record):
                if found is not None:
                    if not overwrite and (line is None or line.own != mine):
                        raise DestinationChangedError(f"{home.desk.label} {record.address}")
                    versions[record.address] = found.version
                puts.append(record)
        for line in changes.deleted:
            found = there.get(line.address)
            if found is not None:
                if not overwrite and (found.record is None or digest_of(found.record) != line.own):
                    raise DestinationChangedError(f"{home.desk.label} {line.address}")
                deletes[line.address] = found.version
        refusals = [(record, home.desk.refusal(record)) for record in puts]
        if problems := [
            MoveProblem(f"its {error.argument} {error.problem}", error.advice or "change it", record.key)
            for record, error in refusals
            if error is not None
        ]:
            raise MoveRefusedError(home.desk.label, problems)
        if not dry_run and (puts or deletes):
            await home.desk.change(puts, versions, deletes)
    return (await read_provider(source, raw=raw)).sha256 if changes else book.sha256
