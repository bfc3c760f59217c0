"""Memory in the process itself: no dependency, nothing survives the process."""

from __future__ import annotations

import asyncio
import heapq
import time
from bisect import bisect_left, bisect_right, insort
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar, cast

from purveyor.errors import ConflictError, UnsupportedError
from purveyor.memory.provider import MemoryProvider
from purveyor.memory.store import (
    ABSENT,
    Address,
    Clear,
    Cleared,
    Count,
    Delete,
    Item,
    Mutation,
    Namespace,
    Namespaces,
    Outcome,
    Put,
    Query,
    Scan,
    Search,
    Stamp,
    Touch,
)
from purveyor.memory.values import decode

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from purveyor.memory.filter import Filter
    from purveyor.metadata import ProviderMetadata

__all__ = ["InProcessConfig", "InProcessMemory"]

R = TypeVar("R")

#: A scan lets the event loop have a turn after as many items.
_TURN = 256
#: Sorts after every string: the greatest code point, one longer than any segment.
_LAST = "\U0010ffff" * 256


@dataclass(frozen=True)
class InProcessConfig:
    """The configuration of `InProcessMemory`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    max_value_bytes: int = 16 * 1024 * 1024
    """How long a value may be, in bytes of JSON."""


class InProcessMemory(MemoryProvider[InProcessConfig]):
    """Keeps items in the memory of the process; they are gone when the provider is stopped.

    A reload hands them on to the generation that follows, unless the policy has it reload in place.

    Args:
        metadata: Who the provider is.
        config: Its configuration.
        clock: Gives the time in seconds since the epoch.
    """

    provider_version = "1"
    provider_capabilities = ("store", "retrieve", "list")
    provider_reload = "swap"

    _inherited: InProcessStore | None = None

    def __init__(
        self, metadata: ProviderMetadata, config: InProcessConfig, *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(metadata, config)
        self._clock = clock

    def next_generation(self, config: InProcessConfig) -> Self:
        """Build the instance that follows in a reload; it has the items of this one."""
        following = type(self)(self.metadata, config, clock=self._clock)
        following._inherited = self._store
        return following

    async def _initialize_store(self) -> None:
        self.max_value_bytes = self.config.max_value_bytes
        self._store = self._inherited or InProcessStore(self._clock)
        self._inherited = None

    async def _cleanup_store(self) -> None:
        self._store = None


class _Record(NamedTuple):
    text: str
    metadata: str
    stamp: Stamp


class InProcessStore:
    """The `MemoryStore` of one process: a dictionary, and its keys in order.

    Values are kept as JSON text, so that nobody holds a reference into the store.
    """

    capabilities: frozenset[str] = frozenset()

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._records: dict[Address, _Record] = {}
        self._order: list[Address] = []
        self._expiries: list[tuple[float, Address]] = []  # a heap; entries of items that changed are stale
        self._version = 0

    async def read(self, addresses: Sequence[Address]) -> list[Item | None]:
        """The items at these addresses."""
        now = self._clock()
        return [self._item(address, now) for address in addresses]

    async def write(self, mutations: Sequence[Mutation[Any]]) -> list[Outcome | Exception]:
        """Apply the mutations; nothing else runs in between."""
        now = self._clock()
        self._purge(now)
        outcomes: list[Outcome | Exception] = []
        for mutation in mutations:
            try:
                outcomes.append(self._apply(mutation, now))
            except (ConflictError, UnsupportedError) as error:
                outcomes.append(error)
        return outcomes

    async def query(self, query: Query[R]) -> R:
        """Answer the question."""
        answer: object
        if isinstance(query, Scan):
            answer = await self._scan(query)
        elif isinstance(query, Count):
            answer = await self._count(query)
        elif isinstance(query, Namespaces):
            answer = self._namespaces(query)
        else:
            feature = "text search" if isinstance(query, Search) else type(query).__name__
            raise UnsupportedError("memory.inprocess", feature, 'memory.sqlite with path = ":memory:"')
        return cast("R", answer)

    # --- Writing --------------------------------------------------------------------------------------

    def _apply(self, mutation: Mutation[Any], now: float) -> Outcome:
        if isinstance(mutation, Put):
            return self._put(mutation, now)
        if isinstance(mutation, Delete):
            found = self._live(mutation.address, now)
            _check(mutation.address, mutation.expected, found)
            self._remove(mutation.address)
            return found is not None
        if isinstance(mutation, Touch):
            return self._touch(mutation, now)
        if isinstance(mutation, Clear):
            gone = self._subtree(mutation.namespace)[: mutation.limit]
            removed = sum(self._live(address, now) is not None for address in gone)
            for address in gone:
                self._remove(address)
            return Cleared(removed, len(gone) < mutation.limit)
        raise UnsupportedError("memory.inprocess", type(mutation).__name__)

    def _put(self, put: Put, now: float) -> Stamp:
        found = self._live(put.address, now)
        _check(put.address, put.expected, found)
        self._version += 1
        created = put.created if put.created is not None else now if found is None else found.stamp.created
        updated = now if put.updated is None else put.updated
        expires = put.expires if put.ttl is None else now + put.ttl
        stamp = Stamp(self._version, created, updated, expires)
        self._keep(put.address, _Record(put.text, put.metadata, stamp))
        return stamp

    def _touch(self, touch: Touch, now: float) -> Item | None:
        found = self._live(touch.address, now)
        if found is None:
            return None
        stamp = found.stamp._replace(expires=None if touch.ttl is None else now + touch.ttl)
        self._keep(touch.address, found._replace(stamp=stamp))
        return self._item(touch.address, now)

    def _keep(self, address: Address, record: _Record) -> None:
        if address not in self._records:
            insort(self._order, address)
        self._records[address] = record
        if record.stamp.expires is not None:
            heapq.heappush(self._expiries, (record.stamp.expires, address))
            if len(self._expiries) > 2 * len(self._records) + 64:  # mostly stale: begin anew
                pairs = ((kept.stamp.expires, place) for place, kept in self._records.items())
                self._expiries = [(expires, place) for expires, place in pairs if expires is not None]
                heapq.heapify(self._expiries)

    def _remove(self, address: Address) -> None:
        if self._records.pop(address, None) is not None:
            del self._order[bisect_left(self._order, address)]

    def _purge(self, now: float) -> None:
        """Drop what has expired, a little at a time."""
        for _ in range(16):
            if not self._expiries or self._expiries[0][0] > now:
                return
            _, address = heapq.heappop(self._expiries)
            if address in self._records and self._live(address, now) is None:
                self._remove(address)

    # --- Reading --------------------------------------------------------------------------------------

    def _live(self, address: Address, now: float) -> _Record | None:
        record = self._records.get(address)
        if record is None or (record.stamp.expires is not None and record.stamp.expires <= now):
            return None
        return record

    def _item(self, address: Address, now: float) -> Item | None:
        record = self._live(address, now)
        if record is None:
            return None
        version, created, updated, expires = record.stamp
        namespace, key = address
        return Item(
            namespace, key, decode(record.text), decode(record.metadata), version, created, updated, expires
        )

    def _subtree(self, namespace: Namespace) -> list[Address]:
        start = bisect_left(self._order, Address(namespace, ""))
        end = bisect_right(self._order, Address((*namespace, _LAST), ""))
        return self._order[start:end]

    async def _scan(self, scan: Scan) -> list[Item]:
        addresses = self._subtree(scan.namespace)
        if scan.order != "key":
            return await self._scan_by_time(scan, addresses)
        if scan.after is not None:
            place = scan.after[1]
            start, end = bisect_right(addresses, place), bisect_left(addresses, place)
            addresses = addresses[:end] if scan.descending else addresses[start:]
        if scan.descending:
            addresses.reverse()
        items: list[Item] = []
        async with aclosing(self._matching(addresses, scan.where)) as matching:
            async for item in matching:
                items.append(item)
                if len(items) == scan.limit:
                    break
        return items

    async def _scan_by_time(self, scan: Scan, addresses: list[Address]) -> list[Item]:
        """There is no order by time to start in: all are looked at, and the first ones kept."""
        places: list[tuple[float, Address, Item]] = []
        async for item in self._matching(addresses, scan.where):
            place = (item.created if scan.order == "created" else item.updated, Address(item.namespace, item.key))
            if scan.after is None or (place < scan.after if scan.descending else place > scan.after):
                places.append((*place, item))
                if len(places) >= 2 * scan.limit + _TURN:
                    places.sort(reverse=scan.descending)
                    del places[scan.limit :]
        places.sort(reverse=scan.descending)
        return [item for _, _, item in places[: scan.limit]]

    async def _count(self, count: Count) -> int:
        total = 0
        if count.where is None:
            now = self._clock()
            async for address in _in_turns(self._subtree(count.namespace)):
                total += self._live(address, now) is not None
        else:
            async for _ in self._matching(self._subtree(count.namespace), count.where):
                total += 1
        return total

    def _namespaces(self, query: Namespaces) -> list[Namespace]:
        """Jumps from one namespace to the next, past the items of each."""
        now = self._clock()
        found: list[Namespace] = []
        addresses = self._subtree(query.prefix)
        place = 0
        while place < len(addresses):
            namespace = addresses[place].namespace
            end = bisect_left(addresses, Address((*namespace, ""), ""))
            if any(self._live(address, now) for address in islice(addresses, place, end)):
                found.append(namespace)
            place = end
        return found

    async def _matching(self, addresses: list[Address], where: Filter | None) -> AsyncGenerator[Item]:
        now = self._clock()
        async with aclosing(_in_turns(addresses)) as turns:
            async for address in turns:
                item = self._item(address, now)
                if item is not None and (where is None or where.matches(item)):
                    yield item


async def _in_turns(addresses: list[Address]) -> AsyncGenerator[Address]:
    """The addresses, with a turn for the event loop now and then."""
    for turn, address in enumerate(addresses, 1):
        yield address
        if not turn % _TURN:
            await asyncio.sleep(0)


def _check(address: Address, expected: object, found: _Record | None) -> None:
    actual = None if found is None else found.stamp.version
    if expected is not None and actual != (None if expected == ABSENT else expected):
        raise ConflictError(str(address), expected, actual)
