"""A provider as a source: its items, or the objects of a storage that are JSON, as they are at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from purveyor.errors import MoveProblem, SourceChangedError, UnsupportedError
from purveyor.migrate.data.opened import opened
from purveyor.migrate.data.records import Entry, Record, Source, digest_of
from purveyor.storage.provider import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from purveyor.memory.store import Address
    from purveyor.migrate.data.snapshot import Snapshot
    from purveyor.provider import Provider

__all__ = ["ProvidedSource", "read_provider"]


@dataclass
class ProvidedSource(Source):
    """The records of a provider, all of them in memory.

    Args:
        provider: The provider.
        records: Its records.
        raw_objects: Whether the objects of a storage were taken as bytes, not as JSON.
    """

    provider: Provider[Any] | None = None
    records: dict[Address, Record] = field(default_factory=dict["Address", Record])
    raw_objects: bool = False

    @property
    def sha256(self) -> str:
        """The hash of all addresses and digests."""
        lines = [repr((entry.namespace, entry.key, entry.digest)) for entry in self.entries]
        lines += [str(problem) for problem in self.problems]
        return sha256("\n".join(sorted(lines)).encode()).hexdigest()

    @property
    def snapshot(self) -> Snapshot | None:
        """None: a provider has no bytes of its own."""
        return None

    def record(self, entry: Entry) -> Record:
        """A record."""
        return self.records[entry.address]

    def raw(self, problem: MoveProblem) -> object:
        """What cannot be carried stays where it is."""
        raise UnsupportedError("a provider as a source", "putting aside", "the provider itself, which keeps it")

    def rewrite(self, changed: Mapping[str, Record], deleted: Sequence[str], added: Sequence[Record]) -> Snapshot:
        """A provider is changed by its own operations."""
        raise UnsupportedError("a provider as a source", "rewriting")

    async def check_unchanged(self) -> None:
        """See that it is still as it was when it was read.

        Raises:
            SourceChangedError: It is not.
        """
        assert self.provider is not None
        now = await read_provider(self.provider, raw=self.raw_objects)
        lasting = {entry.address: entry.digest for entry in now.entries}
        if any(
            lasting.get(entry.address) != entry.digest for entry in self.entries if entry.expires is None
        ) or any(entry.address not in self.records for entry in now.entries):
            raise SourceChangedError(self.name)


async def read_provider(provider: Provider[Any], *, raw: bool = False) -> ProvidedSource:
    """Read all that a memory or storage provider holds.

    Args:
        provider: The provider; if it is not initialized, it is for as long as this takes.
        raw: Whether the objects of a storage are taken as bytes, not as JSON.
    """
    source = ProvidedSource(provider.metadata.name, provider=provider, raw_objects=raw)
    source.format = ("objects" if raw else "storage") if isinstance(provider, StorageProvider) else "memory"
    async with opened(provider, (), raw=raw) as ready:
        async for found in ready.desk.everything(deep=True):
            if found.record is None:
                problem = f"{found.address} is an object that is no JSON"
                source.problems.append(MoveProblem(problem, "move it to a storage", can_be_set_aside=False))
                continue
            record = found.record
            source.records[record.address] = record
            source.entries.append(Entry(record.key, digest_of(record), record.expires, namespace=record.namespace))
    return source
