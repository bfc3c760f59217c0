"""One state machine drives every driver against one model."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from purveyor.errors import ConflictError
from purveyor.memory import InProcessConfig, InProcessMemory, Item, MemoryProvider
from tests.memory.conftest import Clock, metadata, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

NAMESPACES = [(), ("a",), ("a", "b"), ("ab",), ("a\u0301",)]
KEYS = ["k", "kk", "K", "é", "..", "\u65e5"]
VALUES: list[Any] = [
    {"n": 1, "t": "the ship sails"},
    {"n": 2.0, "t": ["ships", {"x": "at dawn"}]},
    {"n": True},
    {"n": "2", "t": "dawn"},
    {"m": None},
    "ship",
    [1, "dawn"],
    None,
]
# Each filter with what it means, said without the evaluator.
WHERES: list[tuple[Any, Callable[[Any], bool]]] = [
    (None, lambda item: True),
    ({"n": {"$gte": 2}}, lambda item: type(item.value) is dict and type(item.value.get("n")) is float),
    ({"n": {"$exists": False}}, lambda item: type(item.value) is not dict or "n" not in item.value),
    ({"@key": {"$in": ["k", "é"]}}, lambda item: item.key in ("k", "é")),
    ({"@metadata.even": True}, lambda item: item.metadata.get("even") is True),
]
TEXTS: list[tuple[str, Callable[[str], bool]]] = [
    ("ship", lambda text: "ship" in text),
    ("sailing ships", lambda text: "ship" in text and "sail" in text),
    ("dawn -ship", lambda text: "dawn" in text and "ship" not in text),
    ('"at dawn"', lambda text: "at dawn" in text),
]

namespaces = st.sampled_from(NAMESPACES)
keys = st.sampled_from(KEYS)
values = st.sampled_from(VALUES)
ttls = st.none() | st.integers(1, 5)
wheres = st.sampled_from(WHERES)


@dataclass
class Pager:
    """A listing under way, and what has been there since it began."""

    options: dict[str, Any]
    throughout: set[tuple[tuple[str, ...], str]]
    seen: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    cursor: str | None = None


class Side:
    """A provider, and what it should hold."""

    def __init__(self, provider: MemoryProvider[Any]) -> None:
        self.provider = provider
        self.items: dict[tuple[tuple[str, ...], str], Item] = {}
        self.last_version = 0
        self.pager: Pager | None = None

    def live(self, now: float, namespace: tuple[str, ...] = ()) -> list[Item]:
        return [
            item
            for _, item in sorted(self.items.items())
            if item.namespace[: len(namespace)] == namespace and (item.expires is None or item.expires > now)
        ]

    def at(self, address: tuple[tuple[str, ...], str], now: float) -> Item | None:
        return next((item for item in self.live(now) if (item.namespace, item.key) == address), None)

    def keep(self, item: Item, now: float) -> None:
        """Check a put's result against the rules, and take it over."""
        old = self.at((item.namespace, item.key), now)
        assert item.version > self.last_version
        assert item.created == (now if old is None else old.created)
        assert item.updated == now
        self.last_version = item.version
        self.items[item.namespace, item.key] = item

    def drop(self, address: tuple[tuple[str, ...], str]) -> None:
        self.items.pop(address, None)

    def expire(self, now: float) -> None:
        """Forget for the pager what is not there any more."""
        if self.pager is not None:
            self.pager.throughout &= {(item.namespace, item.key) for item in self.live(now)}


class MemoryMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "notes.db"
        self.sides = [
            Side(InProcessMemory(metadata(), InProcessConfig(), clock=self.clock)),
            Side(sqlite(path, self.clock, synchronous="normal", purge_interval=0.001)),
            Side(sqlite(":memory:", self.clock)),
        ]
        for side in self.sides:
            self.run(side.provider.initialize())

    def teardown(self) -> None:
        for side in self.sides:
            self.run(side.provider.cleanup())
        self.loop.close()
        self.folder.cleanup()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    @rule(namespace=namespaces, key=keys, value=values, even=st.booleans(), ttl=ttls)
    def put(self, namespace: tuple[str, ...], key: str, value: Any, even: bool, ttl: int | None) -> None:
        for side in self.sides:
            item = self.run(side.provider.put(key, value, namespace=namespace, metadata={"even": even}, ttl=ttl))
            assert (item.key, item.namespace, item.value, item.metadata) == (key, namespace, value, {"even": even})
            assert item.expires == (None if ttl is None else self.clock.now + ttl)
            side.keep(item, self.clock.now)

    @rule(namespace=namespaces, key=keys, value=values)
    def create(self, namespace: tuple[str, ...], key: str, value: Any) -> None:
        for side in self.sides:
            there = side.at((namespace, key), self.clock.now)
            operation = side.provider.put(key, value, namespace=namespace, create_only=True)
            if there is None:
                side.keep(self.run(operation), self.clock.now)
            else:
                with pytest.raises(ConflictError) as caught:
                    self.run(operation)
                assert (caught.value.expected, caught.value.actual) == ("absent", there.version)

    @rule(namespace=namespaces, key=keys, value=values, stale=st.booleans())
    def compare_and_set(self, namespace: tuple[str, ...], key: str, value: Any, stale: bool) -> None:
        for side in self.sides:
            there = side.at((namespace, key), self.clock.now)
            version = (there.version if there else side.last_version) - stale
            operation = side.provider.put(key, value, namespace=namespace, version=version)
            if there is not None and not stale:
                side.keep(self.run(operation), self.clock.now)
            else:
                with pytest.raises(ConflictError) as caught:
                    self.run(operation)
                assert caught.value.actual == (there and there.version)

    @rule(namespace=namespaces, key=keys, conditional=st.booleans(), stale=st.booleans())
    def delete(self, namespace: tuple[str, ...], key: str, conditional: bool, stale: bool) -> None:
        for side in self.sides:
            there = side.at((namespace, key), self.clock.now)
            version = ((there.version if there else 1) + stale) if conditional else None
            operation = side.provider.delete(key, namespace=namespace, version=version)
            if conditional and (there is None or stale):
                with pytest.raises(ConflictError):
                    self.run(operation)
            else:
                assert self.run(operation) is (there is not None)
                side.drop((namespace, key))
                side.expire(self.clock.now)

    @rule(namespace=namespaces, key=keys, ttl=ttls, reading=st.booleans())
    def touch(self, namespace: tuple[str, ...], key: str, ttl: int | None, reading: bool) -> None:
        for side in self.sides:
            there = side.at((namespace, key), self.clock.now)
            if reading and ttl is not None:
                item = self.run(side.provider.get(key, namespace=namespace, touch=ttl))
            else:
                item = self.run(side.provider.touch(key, ttl, namespace=namespace))
            assert (item is None) == (there is None)
            if there is not None:
                expires = None if ttl is None else self.clock.now + ttl
                assert item.expires == expires
                assert (item.version, item.updated, item.value) == (there.version, there.updated, there.value)
                side.items[namespace, key] = item

    @rule(namespace=namespaces, some=st.dictionaries(keys, values, max_size=3), ttl=ttls)
    def put_many(self, namespace: tuple[str, ...], some: dict[str, Any], ttl: int | None) -> None:
        for side in self.sides:
            items = self.run(side.provider.put_many(some, namespace=namespace, ttl=ttl))
            assert list(items) == list(some)
            for item in items.values():
                side.keep(item, self.clock.now)

    @rule(namespace=namespaces, some=st.lists(keys, max_size=4))
    def delete_many(self, namespace: tuple[str, ...], some: list[str]) -> None:
        for side in self.sides:
            there = {key for key in some if side.at((namespace, key), self.clock.now)}
            assert self.run(side.provider.delete_many(some, namespace=namespace)) == len(there)
            for key in some:
                side.drop((namespace, key))
            side.expire(self.clock.now)

    @rule(namespace=st.sampled_from(NAMESPACES[1:]))
    def clear(self, namespace: tuple[str, ...]) -> None:
        for side in self.sides:
            there = side.live(self.clock.now, namespace)
            assert self.run(side.provider.clear(namespace)) == len(there)
            for address in [address for address in side.items if address[0][: len(namespace)] == namespace]:
                side.drop(address)
            side.expire(self.clock.now)

    @rule(overwrite=st.booleans(), namespace=namespaces)
    def export_and_import(self, overwrite: bool, namespace: tuple[str, ...]) -> None:
        """An export that is imported again changes nothing but versions."""
        for side in self.sides:
            there = side.live(self.clock.now, namespace)

            async def there_and_back(provider: MemoryProvider[Any] = side.provider) -> tuple[list[Item], int]:
                items = [item async for item in provider.export(namespace=namespace)]
                return items, await provider.import_(items, overwrite=overwrite)

            items, count = self.run(there_and_back())
            assert items == there
            assert count == (len(there) if overwrite else 0)
            after = {(item.namespace, item.key): item for item in self.run(side.provider.list(limit=1000))}
            for item in there if overwrite else []:
                again = after[item.namespace, item.key]
                assert (again.created, again.updated, again.expires) == (item.created, item.updated, item.expires)
                assert again.version > item.version
                side.items[item.namespace, item.key] = again
                side.last_version = max(side.last_version, again.version)

    @rule(seconds=st.integers(1, 6))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds
        for side in self.sides:
            side.expire(self.clock.now)

    @rule(namespace=namespaces, key=keys)
    def get(self, namespace: tuple[str, ...], key: str) -> None:
        for side in self.sides:
            assert self.run(side.provider.get(key, namespace=namespace)) == side.at(
                (namespace, key), self.clock.now
            )

    @rule(namespace=namespaces, some=st.lists(keys, max_size=4))
    def get_many(self, namespace: tuple[str, ...], some: list[str]) -> None:
        for side in self.sides:
            there = {key: side.at((namespace, key), self.clock.now) for key in some}
            found = self.run(side.provider.get_many(some, namespace=namespace))
            assert found == {key: item for key, item in there.items() if item is not None}

    @rule(
        namespace=namespaces,
        where=wheres,
        order=st.sampled_from(["key", "created", "updated"]),
        down=st.booleans(),
    )
    def list_all(
        self, namespace: tuple[str, ...], where: tuple[Any, Callable[[Any], bool]], order: Any, down: bool
    ) -> None:
        for side in self.sides:
            expected = [item for item in side.live(self.clock.now, namespace) if where[1](item)]
            if order != "key":
                expected.sort(key=lambda item: (getattr(item, order), item.namespace, item.key))
            if down:
                expected.reverse()
            found: list[Item] = []
            cursor = None
            while True:
                page = self.run(
                    side.provider.list(
                        namespace=namespace, where=where[0], order=order, descending=down, limit=2, cursor=cursor
                    )
                )
                found += page
                assert len(found) <= len(expected), "or the pages never end"
                if (cursor := page.cursor) is None:
                    break
                assert len(page) == 2
            assert found == expected

    @rule(
        namespace=namespaces,
        order=st.sampled_from(["key", "created"]),
        down=st.booleans(),
        limit=st.integers(1, 3),
    )
    def begin_paging(self, namespace: tuple[str, ...], order: Any, down: bool, limit: int) -> None:
        for side in self.sides:
            there = {(item.namespace, item.key) for item in side.live(self.clock.now, namespace)}
            options = {"namespace": namespace, "order": order, "descending": down, "limit": limit}
            side.pager = Pager(options, there)
            self.turn(side)

    @precondition(lambda self: any(side.pager for side in self.sides))
    @rule()
    def turn_page(self) -> None:
        for side in self.sides:
            if side.pager is not None:
                self.turn(side)

    def turn(self, side: Side) -> None:
        pager = side.pager
        assert pager is not None
        page = self.run(side.provider.list(**pager.options, cursor=pager.cursor))
        pager.seen += [(item.namespace, item.key) for item in page]
        pager.cursor = page.cursor
        if page.cursor is None:
            for address in pager.throughout:
                assert pager.seen.count(address) == 1
            side.pager = None

    @rule(namespace=namespaces, text=st.sampled_from(TEXTS), where=wheres)
    def search(
        self,
        namespace: tuple[str, ...],
        text: tuple[str, Callable[[str], bool]],
        where: tuple[Any, Callable[[Any], bool]],
    ) -> None:
        for side in self.sides[1:]:
            expected = {
                (item.namespace, item.key)
                for item in side.live(self.clock.now, namespace)
                if where[1](item) and text[1](" ".join(_words(item.value)))
            }
            hits: list[Any] = []
            cursor = None
            while True:
                query = side.provider.search(text[0], namespace=namespace, where=where[0], limit=3, cursor=cursor)
                page = self.run(query)
                hits += page
                assert len(hits) <= len(expected), "or the pages never end"
                if (cursor := page.cursor) is None:
                    break
            found = [(hit.item.namespace, hit.item.key) for hit in hits]
            assert len(found) == len(set(found))
            assert set(found) == expected
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
            assert all("**" in hit.snippet for hit in hits)

    @invariant()
    def count_and_namespaces(self) -> None:
        for side in getattr(self, "sides", []):
            live = side.live(self.clock.now)
            assert self.run(side.provider.count()) == len(live)
            assert self.run(side.provider.namespaces()) == sorted({item.namespace for item in live})
            below = side.live(self.clock.now, ("a",))
            assert self.run(side.provider.count(namespace=("a",), where=WHERES[2][0])) == sum(
                map(WHERES[2][1], below)
            )
            assert self.run(side.provider.namespaces(prefix=("a",))) == sorted({item.namespace for item in below})


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [word for member in members for word in _words(member)]


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
