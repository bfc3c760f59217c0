"""`MemoryStore`, what a driver implements, and the data that passes through it.

A store knows three verbs, `read`, `write` and `query`, and takes each in batches. Everything that a user
calls is built on them once, in `purveyor.memory.provider`; the rules about keys, values and filters have
been applied before a store sees them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
    runtime_checkable,
)

if TYPE_CHECKING:
    from purveyor.memory.filter import Filter

__all__ = [
    "ABSENT",
    "Address",
    "Clear",
    "Cleared",
    "Count",
    "Delete",
    "Hit",
    "Item",
    "Json",
    "MemoryStore",
    "Mutation",
    "Namespace",
    "Namespaces",
    "Order",
    "Outcome",
    "Page",
    "Put",
    "Query",
    "Scan",
    "Search",
    "Stamp",
    "Touch",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# A recursive union would be exact, and useless: list and dict are invariant, so that a `dict[str, int]`
# would be no Json to a type checker. What is accepted is decided in purveyor.memory.values.
Json: TypeAlias = Any
Namespace: TypeAlias = tuple[str, ...]
Order: TypeAlias = Literal["key", "created", "updated"]

#: The condition of a `Put` that nothing may be there yet.
ABSENT: Literal["absent"] = "absent"


# --- What users get -----------------------------------------------------------------------------------


class Address(NamedTuple):
    """Where an item is: the namespace and the key, both exact."""

    namespace: Namespace
    key: str

    def __str__(self) -> str:
        return "/".join((*self.namespace, self.key))


@dataclass(slots=True)  # not frozen: it is the receiver's own, and frozen ones take four times as long to make
class Item:
    """One stored value, as it was at one moment; a copy that is the receiver's own.

    Args:
        namespace: Where it lies, outermost first; ``()`` is the root.
        key: Its key, unique in the namespace.
        value: The JSON value.
        metadata: A JSON object beside the value: filtered on, not searched for text.
        version: Changes with every put, and never comes back, not even after a delete; for compare-and-set.
        created: When the key was first put since it was last absent, in seconds since the epoch, UTC.
        updated: When it was last put, likewise.
        expires: From when on it is absent, likewise; None if it never expires.
    """

    namespace: Namespace
    key: str
    value: Json
    metadata: dict[str, Json]
    version: int
    created: float
    updated: float
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that a search found.

    Args:
        item: The item.
        score: How well it matches, by BM25; the higher the better, comparable within one search only.
        snippet: The place of the text that matches, with the matching words between ``**``.
    """

    item: Item
    score: float
    snippet: str


class Page(Sequence[T_co]):
    """Some of the results, in order, and where to go on.

    Args:
        items: The results on this page.
        cursor: What to pass to the same call for the next page; None on the last one.
    """

    __slots__ = ("cursor", "items")

    def __init__(self, items: Sequence[T_co], cursor: str | None = None) -> None:
        self.items = tuple(items)
        self.cursor = cursor

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Page({list(self.items)!r}, cursor={self.cursor!r})"


# --- Mutations ----------------------------------------------------------------------------------------


class Mutation(Generic[T]):
    """One change, and the type of its outcome."""

    __slots__ = ()


class Stamp(NamedTuple):
    """What a put left, beside the value."""

    version: int
    created: float
    updated: float
    expires: float | None


class Cleared(NamedTuple):
    """What one portion of a clear did: how many items that had not expired went, and whether all are gone."""

    removed: int
    done: bool


@dataclass(slots=True)
class Put(Mutation[Stamp]):
    """Store a value, over whatever is there.

    Args:
        address: Where.
        value: The value, not shared with anyone who could change it.
        text: The value as JSON text, the form to store.
        metadata: The metadata as JSON text.
        ttl: Seconds from now, by the store's clock, after which it expires.
        expires: The moment at which it expires instead; None with no ttl: never.
        created: Set when an item is brought in from elsewhere: what to keep as its creation time.
        updated: Likewise, the time of its last change.
        expected: The condition: None for none, `ABSENT`, or the version that must be there.
    """

    address: Address
    value: Json
    text: str
    metadata: str = "{}"
    ttl: float | None = None
    expires: float | None = None
    created: float | None = None
    updated: float | None = None
    expected: Literal["absent"] | int | None = None


@dataclass(slots=True)
class Delete(Mutation[bool]):
    """Remove an item; the outcome says whether there was one. `expected` is the version that must be there."""

    address: Address
    expected: int | None = None


@dataclass(slots=True)
class Touch(Mutation["Item | None"]):
    """Let an item live `ttl` seconds from now, None for ever; the outcome is the item, None if there is none.

    It leaves version and times of change alone, and never revives what has expired.
    """

    address: Address
    ttl: float | None


@dataclass(slots=True)
class Clear(Mutation[Cleared]):
    """Remove at most `limit` items of a namespace and those below it; which ones is the store's choice."""

    namespace: Namespace
    limit: int


Outcome: TypeAlias = Stamp | bool | Item | Cleared | None


# --- Queries ------------------------------------------------------------------------------------------


class Query(Generic[T]):
    """One question, and the type of its answer. All of them see what is not expired, and nothing else."""

    __slots__ = ()


@dataclass(slots=True)
class Scan(Query[list[Item]]):
    """The items of a namespace and those below it, in order.

    Args:
        namespace: The top of the subtree; segments match whole.
        where: What they must match; None for all.
        order: By what they are ordered; ties, and ``"key"`` itself, by namespace and then key, code point by
            code point.
        descending: The whole order reversed.
        after: Only what comes after this place: the time that is ordered by (None for ``"key"``), and the
            address.
        limit: How many at most.
    """

    namespace: Namespace
    where: Filter | None
    order: Order
    descending: bool
    after: tuple[float | None, Address] | None
    limit: int


@dataclass(slots=True)
class Search(Query[list[Hit]]):
    """The items of a subtree whose strings match a text, best first.

    A store without ``"text"`` in its capabilities raises `UnsupportedError`.

    Args:
        text: What to look for: every word must occur, ``"words in quotes"`` as a phrase, ``-word`` must not.
        namespace: The top of the subtree.
        where: What they must match besides; None for all.
        offset: How many of the best to leave out.
        limit: How many at most.
    """

    text: str
    namespace: Namespace
    where: Filter | None
    offset: int
    limit: int


@dataclass(slots=True)
class Count(Query[int]):
    """How many items of a subtree match."""

    namespace: Namespace
    where: Filter | None


@dataclass(slots=True)
class Namespaces(Query[list[Namespace]]):
    """The namespaces at or below `prefix` that hold items themselves, in order."""

    prefix: Namespace


# --- The store ----------------------------------------------------------------------------------------


@runtime_checkable
class MemoryStore(Protocol):
    """Where a memory provider keeps its items.

    Any number of calls may be under way at once. A call that fails as a whole raises, usually a `StoreError`,
    and has then changed nothing.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        """What it can do beyond what every store must: ``"text"`` for text search."""
        ...

    async def read(self, addresses: Sequence[Address]) -> list[Item | None]:
        """The items at these addresses, in the same order; None where there is none."""
        ...

    async def write(self, mutations: Sequence[Mutation[Any]]) -> list[Outcome | Exception]:
        """Apply the mutations in order, as one transaction, durably when it returns.

        The answer has one outcome for each. An exception in the place of an outcome (`ConflictError` where a
        condition does not hold) means that this mutation alone was left out.
        """
        ...

    async def query(self, query: Query[T]) -> T:
        """Answer the question."""
        ...
