"""`MemoryProvider`: everything that can be done with items, on top of the three verbs of a store."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from purveyor.errors import (
    ConflictError,
    InvalidInputError,
    StoreClosedError,
    UnsupportedError,
    WrongEventLoopError,
)
from purveyor.memory.batch import Batcher
from purveyor.memory.cursor import decode_cursor, encode_cursor, not_of_this_listing
from purveyor.memory.filter import parse_filter
from purveyor.memory.store import (
    ABSENT,
    Address,
    Clear,
    Count,
    Delete,
    Hit,
    Item,
    Json,
    MemoryStore,
    Namespace,
    Namespaces,
    Order,
    Page,
    Put,
    Query,
    Scan,
    Search,
    Stamp,
    Touch,
)
from purveyor.memory.values import (
    check_address,
    check_expires,
    check_namespace,
    check_text,
    check_ttl,
    check_version,
    decode,
    encode,
)
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import operation
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from purveyor.memory.filter import Filter
    from purveyor.memory.store import Outcome
    from purveyor.monitor.records import CounterSeries

__all__ = ["MemoryProvider"]

T = TypeVar("T")
R = TypeVar("R")

# `list` is the name of an operation below, and would be taken for it there.
_List: TypeAlias = list[T]

#: How many items an export, an import and a clear take from or give to the store at a time.
PORTION = 256
MAX_LIMIT = 10_000


class MemoryProvider(Provider[T]):
    """A provider that remembers items: JSON values under a key in a namespace.

    A subclass writes `_initialize_store`, which assigns ``self._store``, and `_cleanup_store`. With a
    `MemoryStore` there, every operation below works; with anything else, the provider's lifecycle does.

    Namespaces are tuples of strings, ``()`` by default. Where one item is meant, the namespace is exact; where
    several are (`list`, `search`, `count`, `namespaces`, `clear`, `export`), it stands for itself and all
    below it. What has expired is absent everywhere. Operations awaited at the same time are sent to the store
    together.

    All operations raise `InvalidInputError` for input that cannot be taken, before anything is done,
    `StoreClosedError` where the provider is not initialized, and other `StoreError` where the backend fails.

    Args:
        metadata: Who the provider is.
        config: Its configuration.
    """

    provider_type: ClassVar[ProviderType] = ProviderType.MEMORY

    #: How long a value may be, in bytes of JSON; metadata likewise.
    max_value_bytes: int = 16 * 1024 * 1024

    # Class-level defaults, so that a subclass which never calls super().__init__ works all the same.
    _store: Any = None
    _current_batcher: Batcher | None = None
    _lookups: tuple[CounterSeries, CounterSeries] | None = None  # hits and misses

    def __init__(self, metadata: ProviderMetadata, config: T) -> None:
        super().__init__(metadata, config)
        self._store = None

    @property
    def store(self) -> MemoryStore | None:
        """The backend, None while there is none."""
        store: MemoryStore | None = self._store
        return store

    async def initialize(self) -> None:
        """Open the store."""
        await self._initialize_store()

    async def cleanup(self) -> None:
        """Close the store, if there is one."""
        if self._store is not None:
            await self._cleanup_store()

    @abstractmethod
    async def _initialize_store(self) -> None:
        """Open the store and assign it to ``self._store``."""

    @abstractmethod
    async def _cleanup_store(self) -> None:
        """Close the store."""

    # --- One item -------------------------------------------------------------------------------------

    @operation
    async def put(
        self,
        key: str,
        value: Json,
        *,
        namespace: Namespace = (),
        metadata: Mapping[str, Json] | None = None,
        ttl: float | None = None,
        expires: float | None = None,
        create_only: bool = False,
        version: int | None = None,
    ) -> Item:
        """Store a value, over whatever is there. When it returns, it is as durable as the store's config says.

        Args:
            key: The key: 1 to 1024 bytes of UTF-8 without NUL, otherwise free.
            value: The value: JSON, checked strictly and copied.
            namespace: Where.
            metadata: A JSON object to keep beside the value; it replaces what was there.
            ttl: How long it lives, in seconds; None for ever.
            expires: The moment it expires instead, in seconds since the epoch. One that has passed leaves nothing.
            create_only: Only if nothing is there.
            version: Only if the item there has this version.

        Returns:
            The item as stored.

        Raises:
            ConflictError: The condition did not hold; nothing was changed.
        """
        if create_only and version is not None:
            raise InvalidInputError("version", "contradicts create_only", "give one of them")
        put = self._put_of(check_address(namespace, key), value, metadata, ttl, expires)
        put.expected = ABSENT if create_only else check_version(version)
        return _item_of(put, await self._batcher("put").write(put))

    @operation(idempotent=True)
    async def get(self, key: str, *, namespace: Namespace = (), touch: float | None = None) -> Item | None:
        """The item, or None if there is none.

        Args:
            key: The key.
            namespace: Where.
            touch: Let it live this many seconds from now, in the same step.
        """
        address = check_address(namespace, key)
        if touch is None:
            (item,) = await self._batcher("get").read((address,))
        else:
            item = await self._batcher("get").write(Touch(address, check_ttl(touch)))
        self._count_lookups((item,))
        return item

    @operation
    async def delete(self, key: str, *, namespace: Namespace = (), version: int | None = None) -> bool:
        """Remove an item.

        Args:
            key: The key.
            namespace: Where.
            version: Only if the item there has this version.

        Returns:
            Whether there was one.

        Raises:
            ConflictError: The item is not there in this version; nothing was changed.
        """
        delete = Delete(check_address(namespace, key), check_version(version))
        return await self._batcher("delete").write(delete)

    @operation(idempotent=True)
    async def touch(self, key: str, ttl: float | None, *, namespace: Namespace = ()) -> Item | None:
        """Set how long an item lives, and leave the rest of it alone.

        Args:
            key: The key.
            ttl: Seconds from now; None for ever.
            namespace: Where.

        Returns:
            The item, or None if there is none.
        """
        return await self._batcher("touch").write(Touch(check_address(namespace, key), check_ttl(ttl)))

    # --- Several items --------------------------------------------------------------------------------

    @operation(idempotent=True)
    async def get_many(self, keys: Iterable[str], *, namespace: Namespace = ()) -> dict[str, Item]:
        """Those of the items that there are, by key, in the order of the keys.

        Args:
            keys: The keys.
            namespace: Where, for all of them.
        """
        addresses = self._addresses(keys, namespace)
        items = await self._batcher("get_many").read(addresses)
        self._count_lookups(items)
        return {item.key: item for item in items if item is not None}

    @operation
    async def put_many(
        self,
        values: Mapping[str, Json],
        *,
        namespace: Namespace = (),
        metadata: Mapping[str, Json] | None = None,
        ttl: float | None = None,
    ) -> dict[str, Item]:
        """Store several values in one transaction, where the backend has them; all are checked first.

        Args:
            values: The values by key.
            namespace: Where, for all of them.
            metadata: The metadata of each of them.
            ttl: How long each lives, in seconds; None for ever.

        Returns:
            The items as stored, by key.
        """
        puts = [
            self._put_of(check_address(namespace, key), value, metadata, ttl, None, f"values[{key!r}]")
            for key, value in values.items()
        ]
        outcomes = _all_or_raise(await self._batcher("put_many").write_unit(puts))
        return {put.address.key: _item_of(put, stamp) for put, stamp in zip(puts, outcomes, strict=True)}

    @operation
    async def delete_many(self, keys: Iterable[str], *, namespace: Namespace = ()) -> int:
        """Remove several items in one transaction, where the backend has them.

        Args:
            keys: The keys.
            namespace: Where, for all of them.

        Returns:
            How many there were.
        """
        deletes = [Delete(address) for address in self._addresses(keys, namespace)]
        return sum(_all_or_raise(await self._batcher("delete_many").write_unit(deletes)))

    # --- Finding --------------------------------------------------------------------------------------

    @operation(idempotent=True)
    async def list(
        self,
        *,
        namespace: Namespace = (),
        where: Mapping[str, Json] | None = None,
        order: Order = "key",
        descending: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Item]:
        """The items of a namespace and those below it, in order, page by page.

        An item that is there throughout is on exactly one page, whatever is put and deleted meanwhile. (In the
        order of ``"updated"`` an item that is put again moves, and that is its new place.)

        Args:
            namespace: The top of the subtree; segments match whole.
            where: A filter: see `purveyor.memory.filter`.
            order: ``"key"`` (by namespace, then key, code point by code point), ``"created"`` or ``"updated"``.
            descending: From the last to the first.
            limit: How many on a page, 1 to 10,000.
            cursor: The `Page.cursor` of the page before.
        """
        scan = Scan(
            check_namespace(namespace),
            _parse(where),
            _check_order(order),
            bool(descending),
            None,
            _check_limit(limit),
        )
        return await self._page(scan, cursor, "list")

    @operation(idempotent=True)
    async def search(
        self,
        query: str | None,
        *,
        namespace: Namespace = (),
        where: Mapping[str, Json] | None = None,
        limit: int = 10,
        cursor: str | None = None,
    ) -> Page[Hit]:
        """The items whose strings match a text, best first.

        Further pages follow the ranking of their moment: a hit can change pages when items change meanwhile.

        Args:
            query: What to look for, in any form of the words: every word must occur, ``"words in quotes"`` as a
                phrase, ``-word`` must not; everything else is taken literally. A text without a word to look
                for finds nothing. None finds all that `where` lets through, in the order of keys, with score 0.
            namespace: The top of the subtree; segments match whole.
            where: A filter: see `purveyor.memory.filter`.
            limit: How many on a page, 1 to 10,000.
            cursor: The `Page.cursor` of the page before.

        Raises:
            UnsupportedError: The backend has no text search.
        """
        check_namespace(namespace)
        _check_limit(limit)
        parsed = _parse(where)
        if query is None:
            page = await self._page(Scan(namespace, parsed, "key", False, None, limit), cursor, "search")
            return Page([Hit(item, 0.0, "") for item in page], page.cursor)
        check_text(query, "query")
        listing = ["search", namespace, repr(parsed), query]
        offset = 0 if cursor is None else _offset_of(listing, cursor)
        hits = await self._query(Search(query, namespace, parsed, offset, limit + 1), "search")
        more = encode_cursor(listing, [offset + limit]) if len(hits) > limit else None
        return Page(hits[:limit], more)

    @operation(idempotent=True)
    async def count(self, *, namespace: Namespace = (), where: Mapping[str, Json] | None = None) -> int:
        """How many items there are.

        Args:
            namespace: The top of the subtree.
            where: A filter: see `purveyor.memory.filter`.
        """
        return await self._query(Count(check_namespace(namespace), _parse(where)), "count")

    @operation(idempotent=True)
    async def namespaces(self, *, prefix: Namespace = ()) -> _List[Namespace]:
        """The namespaces that hold items themselves, in order.

        Args:
            prefix: Only this one and those below it.
        """
        return await self._query(Namespaces(check_namespace(prefix, "prefix")), "namespaces")

    # --- Whole subtrees -------------------------------------------------------------------------------

    @operation
    async def clear(self, namespace: Namespace) -> int:
        """Remove every item of a namespace and those below it, in portions, so that others are not held up.

        Args:
            namespace: The top of the subtree; ``()`` is everything.

        Returns:
            How many items there were.
        """
        clear = Clear(check_namespace(namespace), PORTION)
        total = 0
        while True:
            cleared = await self._batcher("clear").write(clear)
            total += cleared.removed
            if cleared.done:
                return total

    @operation(idempotent=True)
    async def export(self, *, namespace: Namespace = ()) -> AsyncIterator[Item]:
        """Every item of a namespace and those below it, in the order of keys; what is put meanwhile may be missed.

        Args:
            namespace: The top of the subtree.
        """
        scan = Scan(check_namespace(namespace), None, "key", False, None, PORTION)
        while True:
            items = await self._query(scan, "export")
            for item in items:
                yield item
            if len(items) < PORTION:
                return
            scan.after = (None, Address(items[-1].namespace, items[-1].key))

    @operation
    async def import_(self, items: Iterable[Item] | AsyncIterable[Item], *, overwrite: bool = True) -> int:
        """Store items as they are, with their metadata, times and expiry; only their versions are new.

        They are written in portions. If one cannot be taken, the portions before it have been written.

        Args:
            items: The items, such as those of an `export`.
            overwrite: Whether an item replaces what is at its place; otherwise it is left out.

        Returns:
            How many were stored.
        """
        written = 0
        portion: _List[Put] = []
        async for item in _each(items):
            if not isinstance(item, Item):
                raise InvalidInputError(
                    "items", f"has {item!r:.80}, which is no Item", "use the items of an export"
                )
            put = self._put_of(
                check_address(item.namespace, item.key), item.value, item.metadata, None, item.expires
            )
            put.created = check_expires(item.created, "created")
            put.updated = check_expires(item.updated, "updated")
            put.expected = None if overwrite else ABSENT
            portion.append(put)
            if len(portion) == PORTION:
                written += await self._import(portion)
                portion = []
        return written + await self._import(portion)

    # --- Helpers; none of them is an operation, so that nothing is counted twice ------------------------

    def _batcher(self, feature: str) -> Batcher:
        """The batcher of the store there is, on the running loop."""
        batcher = self._current_batcher
        loop = asyncio.get_running_loop()
        if batcher is not None and batcher.store is self._store and batcher.loop is loop:
            return batcher
        if self._store is None:
            raise StoreClosedError(
                f"memory provider {self._provider_name}", "is not initialized", "initialize it first"
            )
        if not isinstance(self._store, MemoryStore):
            raise UnsupportedError(
                f"the store of {self._provider_name}", feature, "a store that implements MemoryStore"
            )
        if batcher is not None and batcher.store is self._store and not batcher.loop.is_closed():
            raise WrongEventLoopError
        self._current_batcher = Batcher(self._store)
        return self._current_batcher

    def _count_lookups(self, items: Sequence[Item | None]) -> None:
        if self._lookups is None:
            labels = {"type": "memory", "name": self._provider_name}
            series = MetricsManager.get_instance().series
            self._lookups = (
                series("provider_lookups", result="hit", **labels),
                series("provider_lookups", result="miss", **labels),
            )
        for item in items:
            self._lookups[item is None].add()

    async def _query(self, query: Query[R], feature: str) -> R:
        return await self._batcher(feature).query(query)

    async def _page(self, scan: Scan, cursor: str | None, feature: str) -> Page[Item]:
        """The page of a scan; one more item is asked for, to know whether there is another page."""
        listing = ["scan", scan.namespace, repr(scan.where), scan.order, scan.descending]
        if cursor is not None:
            scan.after = _place_of(listing, scan.order, cursor)
        limit = scan.limit
        scan.limit += 1
        items = await self._query(scan, feature)
        if len(items) <= limit:
            return Page(items)
        last = items[limit - 1]
        value = None if scan.order == "key" else last.created if scan.order == "created" else last.updated
        return Page(items[:limit], encode_cursor(listing, [value, last.namespace, last.key]))

    def _addresses(self, keys: Iterable[str], namespace: Namespace) -> _List[Address]:
        if isinstance(keys, str):
            raise InvalidInputError("keys", "is a string, not several keys", f"use a list: [{keys!r:.80}]")
        # Each once, or a double would be counted twice.
        return [*dict.fromkeys(check_address(namespace, key) for key in keys)]

    def _put_of(
        self,
        address: Address,
        value: Json,
        metadata: Mapping[str, Json] | None,
        ttl: float | None,
        expires: float | None,
        argument: str = "value",
    ) -> Put:
        if ttl is not None and expires is not None:
            raise InvalidInputError("expires", "contradicts ttl", "give one of them")
        own, text = encode(value, argument, self.max_value_bytes)
        return Put(
            address,
            own,
            text,
            "{}" if metadata is None else _encode_metadata(metadata, self.max_value_bytes),
            None if ttl is None else check_ttl(ttl),
            None if expires is None else check_expires(expires),
        )

    async def _import(self, portion: Sequence[Put]) -> int:
        if not portion:
            return 0
        outcomes = await self._batcher("import_").write_unit(portion)
        # What is there already is what overwrite=False is about.
        return len(_all_or_raise([outcome for outcome in outcomes if not isinstance(outcome, ConflictError)]))


def _item_of(put: Put, stamp: Stamp) -> Item:
    metadata = {} if put.metadata == "{}" else decode(put.metadata)
    namespace, key = put.address
    return Item(namespace, key, put.value, metadata, stamp.version, stamp.created, stamp.updated, stamp.expires)


def _all_or_raise(outcomes: list[Outcome | Exception]) -> list[Any]:
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return outcomes


def _encode_metadata(metadata: Mapping[str, Json], max_bytes: int) -> str:
    if not isinstance(metadata, Mapping):
        raise InvalidInputError(
            "metadata", f"is {metadata!r:.80}, not a mapping", 'use an object such as {"team": "search"}'
        )
    return encode(dict(metadata), "metadata", max_bytes)[1]


def _parse(where: Mapping[str, Json] | None) -> Filter | None:
    return parse_filter(where if where is None or not isinstance(where, Mapping) else dict(where))


def _check_order(order: Order) -> Order:
    if order not in ("key", "created", "updated"):
        raise InvalidInputError("order", f"is {order!r:.80}", 'use "key", "created" or "updated"')
    return order


def _check_limit(limit: int) -> int:
    if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
        raise InvalidInputError(
            "limit", f"is {limit!r:.80}, not a whole number from 1 to {MAX_LIMIT:,}", "page with the cursor"
        )
    return limit


def _place_of(listing: object, order: Order, cursor: str) -> tuple[float | None, Address]:
    place: Any = decode_cursor(listing, cursor)
    match place:
        case [value, [*namespace], key] if (value is None) is (order == "key"):
            try:
                return check_expires(value), check_address(tuple(namespace), key)
            except InvalidInputError:
                raise not_of_this_listing() from None
        case _:
            raise not_of_this_listing()


def _offset_of(listing: object, cursor: str) -> int:
    match decode_cursor(listing, cursor):
        case [int(offset)] if offset >= 0:
            return offset
        case _:
            raise not_of_this_listing()


async def _each(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
