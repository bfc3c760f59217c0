"""What `adapt` makes of a legacy object: its lifecycle, its operations, its attributes."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import operator
import sqlite3
import threading
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from purveyor.errors import InvalidInputError, NotBuiltError, ProviderNotFoundError, UnsupportedError
from purveyor.manager import ProviderManager
from purveyor.metadata import HealthState, ProviderMetadata, ProviderStatus, ProviderType
from purveyor.migrate import LegacyProvider, adapt
from purveyor.migrate.adapting import Adapted
from purveyor.migrate.words import CLOSES, OPENS, forms
from purveyor.monitor.metrics import MetricsManager
from purveyor.operations import operation, operations_of
from purveyor.policy import Policy
from purveyor.provider import Provider
from tests.migrate.runtime.legacy import Database, Notes
from tests.providers import metadata


def legacy(opens: str | None, closes: str | None, *, is_async: bool = True) -> Any:
    """A class with a lifecycle under these names, which notes what is called, and on which thread."""

    def noting(name: str) -> Any:
        def note(self: Any) -> None:
            self.calls.append(name)
            self.threads.append(threading.get_ident())

        async def anote(self: Any) -> None:
            note(self)

        return anote if is_async else note

    names = [name for name in (opens, closes) if name is not None]
    return type("Thing", (), {"calls": [], "threads": []} | {name: noting(name) for name in names})


async def live(provider: Provider[Any]) -> None:
    async with ProviderManager() as manager:
        await manager.register(provider)


def successes(provider: Provider[Any], operation: str) -> int:
    return MetricsManager.get_instance().operation(operation, "custom", provider.metadata.name).successes


def failures(provider: Provider[Any], operation: str) -> int:
    return MetricsManager.get_instance().operation(operation, "custom", provider.metadata.name).failures


# --- the lifecycle ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("opens", [form for word in OPENS for form in forms(word)])
async def test_it_is_opened_under_any_name(opens: str, is_async: bool) -> None:
    thing = legacy(opens, "close", is_async=is_async)
    await live(adapt(thing()))
    assert thing.calls == [opens, "close"]
    assert (thing.threads[0] == threading.get_ident()) is is_async
    assert thing.threads[0] == thing.threads[1]


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("closes", [form for word in CLOSES for form in forms(word)])
async def test_it_is_closed_under_any_name(closes: str, is_async: bool) -> None:
    thing = legacy("open", closes, is_async=is_async)
    await live(adapt(thing))
    assert thing.calls == ["open", closes]


@pytest.mark.parametrize(("opens", "closes"), [("open", None), (None, "close"), (None, None)])
async def test_one_side_or_none_is_enough(opens: str | None, closes: str | None) -> None:
    thing = legacy(opens, closes)
    await live(adapt(thing()))
    assert thing.calls == [name for name in (opens, closes) if name]


async def test_of_twins_the_async_one_is_taken_and_its_partner_is_of_its_kind() -> None:
    class Twins:
        def __init__(self) -> None:
            self.calls: list[str] = []

        def connect(self) -> None:
            self.calls.append("connect")

        async def aconnect(self) -> None:
            self.calls.append("aconnect")

        def close(self) -> None:
            self.calls.append("close")

        async def close_async(self) -> None:
            self.calls.append("close_async")

    twins = Twins()
    await live(adapt(twins))
    assert twins.calls == ["aconnect", "close_async"]

    class Half(Twins):
        aconnect = None  # type: ignore[assignment]

    half = Half()
    await live(adapt(half))
    assert half.calls == ["connect", "close"]


async def test_what_needs_arguments_is_an_operation_and_not_the_lifecycle() -> None:
    class Loader:
        def __init__(self) -> None:
            self.calls: list[str] = []

        async def load(self, path: str) -> str:
            return path

        async def start(self, retries: int = 3) -> None:
            self.calls.append(f"start {retries}")

        @classmethod
        async def initialize(cls) -> None:
            raise AssertionError

        async def stop(self) -> None:
            self.calls.append("stop")

    loader = Loader()
    provider = adapt(loader)
    async with ProviderManager() as manager:
        await manager.register(provider)
        assert await provider.load("here") == "here"
    # initialize is the provider's own name, so that the class's method is reached through `legacy`
    assert loader.calls == ["start 3", "stop"]
    assert set(operations_of(type(provider))) == {"load"}


async def test_open_and_close_may_be_told() -> None:
    class Odd:
        def __init__(self) -> None:
            self.calls: list[Any] = []

        async def begin(self, *, retries: int) -> None:
            self.calls.append(retries)

        async def finish(self) -> None:
            self.calls.append("finish")

        def initialize(self) -> None:
            raise AssertionError

    odd = Odd()
    ways: list[tuple[Any, Any]] = [
        (functools.partial(Odd.begin, retries=3), "finish"),
        (functools.partial(odd.begin, retries=3), odd.finish),
        (lambda thing: thing.begin(retries=3), lambda: odd.finish()),
        (operator.methodcaller("begin", retries=3), operator.methodcaller("finish")),
    ]
    for opens, closes in ways:
        odd.calls.clear()
        await live(adapt(odd, open=opens, close=closes))
        assert odd.calls == [3, "finish"], (opens, closes)


async def test_a_builtin_method_may_open_it() -> None:
    items: list[int] = []
    await live(adapt(Notes(), open=functools.partial(items.append, 1), close=items.clear, name="n"))
    assert items == []


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_context_manager_is_entered_and_left_with_the_exception(is_async: bool) -> None:
    seen: list[Any] = []

    class Sync:
        def __enter__(self) -> Any:
            seen.append("enter")
            return self

        def __exit__(self, *error: object) -> bool:
            seen.append(error[0])
            return True

    class Async:
        async def __aenter__(self) -> Any:
            seen.append("enter")
            return self

        async def __aexit__(self, *error: object) -> bool:
            seen.append(error[0])
            return True

        connect = Sync.__enter__  # which has no other side

    provider = adapt((Async if is_async else Sync)(), name="cm")
    await live(provider)
    assert seen == ["enter", None]
    seen.clear()
    await provider.initialize()
    with pytest.raises(KeyError):  # whatever __exit__ returns
        try:
            raise KeyError("x")
        finally:
            await provider.cleanup()
    assert seen == ["enter", KeyError]


@pytest.mark.parametrize("opens", ["connect", None])
async def test_a_close_that_has_a_name_goes_before_a_context_manager(opens: str | None) -> None:
    thing = legacy(opens, "close")

    class Both(thing):  # type: ignore[misc, valid-type]
        async def __aenter__(self) -> Any:
            raise AssertionError

        async def __aexit__(self, *_: object) -> None:
            raise AssertionError

    await live(adapt(Both()))
    assert Both.calls == [*([opens] if opens else []), "close"]


async def test_what_a_context_manager_gives_is_what_is_used() -> None:
    ended: list[object] = []

    @asynccontextmanager
    async def make(config: dict[str, int]) -> Any:
        notes = Notes()
        notes.open = True
        notes.items.update(config)
        try:
            yield notes
        except ValueError as error:
            ended.append(error)
            raise
        ended.append(None)

    provider = adapt(make, config={"a": 1})
    async with ProviderManager() as manager:
        await manager.register(provider)
        assert provider.metadata.name == "make"
        assert await provider.get("a") == 1
        assert isinstance(provider, Notes)
        assert successes(provider, "get") == 1
    assert ended == [None]

    @contextmanager
    def connect() -> Any:
        connection = sqlite3.connect(":memory:")
        try:
            yield connection
        finally:
            connection.close()

    provider = adapt(connect, sync="await", operations=["execute", "commit"])
    async with ProviderManager() as manager:
        await manager.register(provider)
        assert isinstance(provider, sqlite3.Connection)
        connection: Any = provider  # to a type checker it is one of the two
        await connection.execute("create table t (a)")
        await connection.commit()

    provider = adapt(make, config={"a": 1}, operations=["nothing"])
    with pytest.raises(InvalidInputError, match="nothing"):
        await provider.initialize()
    assert isinstance(ended[-1], InvalidInputError), "it is told why it is left"


async def test_a_context_manager_that_cannot_be_entered_is_not_left() -> None:
    entered: list[str] = []

    class Closed:
        def __enter__(self) -> None:
            entered.append(threading.current_thread().name)
            raise OSError("closed")

        def __exit__(self, *_: object) -> None:
            raise AssertionError

    provider = adapt(Closed)
    with pytest.raises(OSError, match="closed"):
        await live(provider)
    assert entered == ["purveyor:closed"]
    assert not any(thread.name == "purveyor:closed" for thread in threading.enumerate())


@pytest.mark.parametrize("is_async", [True, False])
async def test_what_fails_half_way_is_closed(is_async: bool) -> None:
    thing = legacy("open", "close", is_async=is_async)

    def fail(self: Any) -> None:
        self.calls.append("open")
        raise OSError("the disk is full")

    async def afail(self: Any) -> None:
        fail(self)

    thing.open = afail if is_async else fail
    with pytest.raises(OSError, match="disk is full"):
        await live(adapt(thing))
    assert thing.calls == ["open", "close"]
    assert not any(thread.name == "purveyor:thing" for thread in threading.enumerate())


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_close_that_fails_is_told_and_is_not_repeated(is_async: bool) -> None:
    thing = legacy("open", "close", is_async=is_async)

    def fail(self: Any) -> None:
        self.calls.append("close")
        raise OSError("gone")

    async def afail(self: Any) -> None:
        fail(self)

    thing.close = afail if is_async else fail
    provider = adapt(thing)
    await provider.initialize()
    with pytest.raises(OSError, match="gone"):
        await provider.cleanup()
    await provider.cleanup()
    assert thing.calls == ["open", "close"]
    assert not any(thread.name == "purveyor:thing" for thread in threading.enumerate())


async def test_a_factory_that_fails_leaves_nothing_to_close() -> None:
    class Broken(Notes):
        def __init__(self) -> None:
            raise ValueError("no host")

    provider = adapt(Broken)
    with pytest.raises(ValueError, match="no host"):
        await live(provider)
    with pytest.raises(NotBuiltError, match=r"broken\.items: .* initialize"):
        _ = provider.items


async def test_cleanup_before_initialize_and_twice_does_nothing() -> None:
    notes = Notes()
    provider = adapt(notes)
    await provider.cleanup()
    assert notes.calls == []
    await provider.initialize()
    await asyncio.gather(provider.cleanup(), provider.cleanup())
    assert notes.calls == ["initialize", "cleanup"]
    await provider.initialize()
    await provider.initialize()  # the one before is closed first
    assert notes.calls[2:] == ["initialize", "cleanup", "initialize"]


async def test_an_instance_is_opened_again_by_a_reload_and_a_factory_called_anew() -> None:
    notes = Notes()
    async with ProviderManager() as manager:
        await manager.register(adapt(notes, name="instance"))
        made = adapt(Notes, name="factory", config={"a": 1})
        await manager.register(made)
        before = made.legacy
        await manager.reload_provider("instance")
        await manager.reload_provider("factory")
        assert notes.calls == ["initialize", "cleanup", "initialize"]
        assert made.legacy is not before
        assert before.calls == ["initialize", "cleanup"]
        assert made.config == {"a": 1}
        await manager.reload_provider("factory", config={"a": 2})
        assert manager.get("factory", Adapted).legacy.config == {"a": 2}
        await manager.reload_provider("instance", config={"a": 2})
        assert notes.open
        assert notes.config == {"a": 2}, "it finds it where it looks for it"
        assert manager.get("instance") is not made


async def test_an_instance_without_a_config_takes_none() -> None:
    thing = legacy("open", "close")
    async with ProviderManager() as manager:
        await manager.register(adapt(thing()))
        await manager.reload_provider("thing", config=None)
        with pytest.raises(UnsupportedError, match="one instance was adapted"):
            await manager.reload_provider("thing", config={"a": 2})
        assert thing.calls == ["open", "close", "open", "close", "open"], "it serves on"
        assert manager.status("thing") is ProviderStatus.READY


async def test_a_factory_swaps() -> None:
    provider = adapt(Notes, name="n", config={"a": 1}, reload="swap")
    async with ProviderManager() as manager:
        await manager.register(provider)
        first = provider.legacy
        await provider.put("a", 1)
        await manager.reload_provider("n")
        assert first.calls == ["initialize", "cleanup"]
        second: Any = manager.get("n")
        assert second is not provider
        await provider.put("b", 2)  # goes to the one that serves
        assert await second.get("b") == 2
        assert second.config == {"a": 1}
        await manager.reload_provider("n", config={"a": 3})
        assert manager.get("n").config == {"a": 3}
    assert successes(provider, "put") >= 2


async def test_an_instance_cannot_swap_by_policy() -> None:
    async with ProviderManager() as manager:
        await manager.register(adapt(Notes(), name="n"), policy=Policy(reload="swap"))
        with pytest.raises(UnsupportedError, match="adapt\\(\\) with its class"):
            await manager.reload_provider("n")
        await manager.get("n", Adapted).put("a", 1)


async def test_factories_may_be_async_or_partial_or_lambdas() -> None:
    async def make() -> Notes:
        await asyncio.sleep(0)
        return Notes()

    for provider in (
        adapt(make, name="a"),
        adapt(functools.partial(Notes, {"b": 1}), name="b"),
        adapt(lambda: Notes(), name="c"),
        adapt(lambda: make(), name="d"),
    ):
        async with ProviderManager() as manager:
            await manager.register(provider)
            await provider.put("k", 1)
            assert successes(provider, "put") == 1
            assert provider._lane is None, "what is async runs on the event loop"
            assert provider.legacy.calls == ["initialize"]


async def test_a_factory_may_choose_the_class_by_its_config() -> None:
    class More(Notes):
        async def more(self) -> int:
            return 2

    provider = adapt(lambda config: More() if config["more"] else Notes(), name="n", config={"more": False})
    async with ProviderManager() as manager:
        await manager.register(provider)
        await provider.put("a", 1)
        await manager.reload_provider("n", config={"more": True})
        assert await manager.get("n", Adapted).more() == 2


# --- operations ------------------------------------------------------------------------------------------


async def test_operations_are_leased_and_measured(metrics: MetricsManager) -> None:
    provider = adapt(Notes)
    async with ProviderManager() as manager:
        await manager.register(provider)
        await provider.put("a", 1)
        assert await provider.get("a") == 1
        with pytest.raises(KeyError):
            await provider.get("b")
        assert [key async for key in provider.keys(more=2)] == ["a", "0", "1"]
        assert provider.size() == 1
    assert {name: successes(provider, name) for name in ("put", "get", "keys", "size")} == {
        "put": 1, "get": 1, "keys": 1, "size": 1,
    }  # fmt: skip
    assert failures(provider, "get") == 1
    assert set(operations_of(type(provider))) == {"get", "keys", "put", "size"}
    assert provider.metadata.capabilities == ["get", "keys", "put", "size"]


async def test_a_stop_waits_for_an_operation() -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    class Slow(Notes):
        async def slow(self) -> bool:
            entered.set()
            await go.wait()
            return self.open

    provider = adapt(Slow)
    manager = ProviderManager()
    await manager.register(provider)
    slow = asyncio.create_task(provider.slow())
    await entered.wait()
    stop = asyncio.create_task(manager.cleanup())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not stop.done()
    go.set()
    assert await slow
    await stop


async def test_operations_look_like_the_methods() -> None:
    provider = adapt(Notes)
    assert inspect.signature(provider.put) == inspect.signature(Notes().put)
    assert provider.put.__doc__ == "Keep something."
    assert inspect.iscoroutinefunction(provider.put)
    assert inspect.isasyncgenfunction(provider.keys)
    assert not inspect.iscoroutinefunction(provider.size)


async def test_operations_may_be_named_and_retried() -> None:
    class Flaky(Notes):
        tries = 0

        async def fetch(self) -> int:
            type(self).tries += 1
            if self.tries < 3:
                raise OSError("again")
            return self.tries

        alias = fetch

    provider = adapt(Flaky, operations=["alias", "put"], idempotent=["alias"])
    async with ProviderManager() as manager:
        await manager.register(provider, policy=Policy(retries=3))
        assert await provider.alias() == 3
        assert successes(provider, "alias") == 1
    assert set(operations_of(type(provider))) == {"alias", "put"}
    assert operations_of(type(provider))["alias"].idempotent


async def test_methods_of_an_instance_may_be_operations() -> None:
    class Delegate:
        def __init__(self, inner: Notes) -> None:
            self._inner = inner
            self.put = inner.put

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    provider = adapt(
        Delegate(Notes()), open="initialize", close="cleanup", operations=["put", "get", "size"], name="n"
    )
    async with ProviderManager() as manager:
        await manager.register(provider)
        await provider.put("a", 1)
        assert await provider.get("a") == 1, "of what __getattr__ gives"
        assert provider.size() == 1
        assert successes(provider, "put") == successes(provider, "get") == successes(provider, "size") == 1
    assert provider.legacy._inner.calls == ["initialize", "cleanup"]


async def test_special_methods_work_as_before() -> None:
    provider: Any = adapt(Notes)
    await provider.initialize()
    await provider.put("a", 1)
    assert len(provider) == 1
    assert "a" in provider
    await provider.cleanup()


# --- attributes ------------------------------------------------------------------------------------------


async def test_attributes_pass_through_both_ways() -> None:
    notes = Notes()
    provider = adapt(notes)
    provider.items = {"a": 1}
    assert notes.items == {"a": 1}
    assert provider.count == 1
    assert provider.version() == "1"
    provider.extra = 5
    assert notes.extra == 5  # type: ignore[attr-defined]
    del provider.extra
    assert not hasattr(notes, "extra")
    assert not hasattr(provider, "extra")
    with pytest.raises(AttributeError, match="nothing"):
        _ = provider.nothing
    assert {"items", "count", "put", "metadata"} <= set(dir(provider))
    assert provider.legacy is notes


async def test_who_wins_where_both_have_a_name() -> None:
    class Full:
        def __init__(self) -> None:
            self.metadata: Any = {"mine": True}
            self.config: Any = "legacy config"
            self.state: Any = "running"
            self.status: Any = "up"
            self.health: Any = "fine"
            self.current: Any = 3

        async def validate(self) -> bool:
            return False

    full = Full()
    provider = adapt(full)
    assert provider.metadata.name == "full"
    assert (provider.config, provider.state, provider.status) == ("legacy config", "running", "up")
    assert (provider.health, provider.current) == ("fine", 3)
    provider.status = "down"
    provider.config = provider.config  # as a reload does when it puts things back
    assert full.status == "down"
    del provider.state
    assert not hasattr(full, "state")
    assert provider.state == {}, "without the legacy one, the provider's own"
    provider.state = {"a": 1}
    assert provider.state == {"a": 1}
    assert not hasattr(full, "state")
    assert provider.legacy.metadata == {"mine": True}
    assert (
        inspect.getdoc(type(provider).config)
        == "The provider's configuration; settable, since legacy classes assign it."
    )
    new = metadata("other")
    provider._metadata = new
    assert provider.metadata is new
    assert full.metadata == {"mine": True}
    del provider._metadata
    assert not hasattr(provider, "metadata")


async def test_methods_of_such_names_are_operations() -> None:
    class Asked:
        def status(self) -> str:
            return "up"

        async def health(self) -> str:
            return "fine"

    provider = adapt(Asked)
    async with ProviderManager() as manager:
        await manager.register(provider)
        assert (provider.status(), await provider.health()) == ("up", "fine")
        assert successes(provider, "status") == successes(provider, "health") == 1
        assert manager.status("asked") is ProviderStatus.READY
        assert (await manager.check("asked")).state is HealthState.DEGRADED


async def test_a_read_only_config_is_left_alone() -> None:
    class ReadOnly(Notes):
        config = property(lambda self: self.items)

        def __init__(self) -> None:
            self.items = {"a": 1}

    provider = adapt(ReadOnly())
    provider.config = provider.config
    with pytest.raises(AttributeError):
        provider.config = {}


async def test_slots_and_objects_that_answer_anything() -> None:
    class Slotted:
        __slots__ = ("value",)

        async def start(self) -> None:
            self.value = 1

        async def get(self) -> int:
            return self.value

    slotted = Slotted()
    provider = adapt(slotted)
    await provider.initialize()
    provider.value = 7
    assert await provider.get() == 7
    with pytest.raises(AttributeError):
        provider.other = 1

    for mock in (Mock(), MagicMock()):
        provider = adapt(mock, name="m", open="connect", operations=["fetch"])
        await provider.initialize()
        mock.fetch.return_value = MagicMock()
        assert provider.fetch(1) is mock.fetch.return_value
        mock.connect.assert_called_once_with()
        mock.fetch.assert_called_once_with(1)
        assert provider.anything is mock.anything
        await provider.cleanup()

    stand_in = Mock(spec=Notes)
    provider = adapt(stand_in)
    await live(provider)
    stand_in.initialize.assert_awaited_once_with()
    stand_in.cleanup.assert_awaited_once_with()

    holder = Notes()
    holder.client = AsyncMock()  # type: ignore[attr-defined]
    provider = adapt(holder)
    assert await provider.client.anything() is holder.client.anything.return_value  # type: ignore[attr-defined]


async def test_it_is_a_provider_and_an_instance_of_the_legacy_class() -> None:
    provider = adapt(Notes)
    assert isinstance(provider, Provider)
    assert isinstance(provider, Notes)
    async with ProviderManager() as manager:
        await manager.register(provider)
        notes: Notes = manager.get("notes", Notes)  # type: ignore[type-var]
        await notes.put("a", 1)
    anything = adapt(lambda: Notes(), name="x")
    assert not isinstance(anything, Notes)
    await anything.initialize()
    assert isinstance(anything, Notes)
    await anything.cleanup()


async def test_what_python_asks_of_objects_is_not_passed_on() -> None:
    provider = adapt(Notes())
    assert copy.copy(provider).legacy is provider.legacy
    assert not hasattr(provider, "__deepcopy__")


async def test_its_text_shows_no_config() -> None:
    provider = adapt(Notes, config={"password": "S3CRET"})
    await provider.initialize()
    assert repr(provider) == "<AdaptedNotes 'notes'>"
    assert "S3CRET" not in repr(provider) + str(provider)
    await provider.cleanup()


# --- what it is told -------------------------------------------------------------------------------------


async def test_one_line_registers_it() -> None:
    async with ProviderManager() as manager:
        await manager.register(adapt(Notes({"host": "localhost"})))
        assert manager.names() == ("notes",)
        with pytest.raises(ProviderNotFoundError):
            manager.get("note")


def test_metadata_may_be_told_in_parts_or_whole() -> None:
    provider = adapt(Notes, name="n", type="memory", version="2", capabilities=["store"])
    assert provider.metadata == ProviderMetadata(
        "n", ProviderType.MEMORY, "Async, with the commonest names.", "2", ["store"]
    )
    whole = metadata("w")
    assert adapt(Notes, metadata=whole).metadata is whole
    assert adapt(Notes, type=ProviderType.STORAGE).metadata.type is ProviderType.STORAGE
    assert adapt(lambda: 3, name="l").metadata.capabilities == []
    assert adapt(functools.partial(functools.partial(len, "abc")), name="p").metadata.version == "0"

    def make_local_store() -> Notes:
        return Notes()

    assert adapt(make_local_store).metadata.name == "make_local_store"
    assert adapt(functools.partial(make_local_store)).metadata.name == "make_local_store"


class Abstract(ABC):
    @abstractmethod
    def get(self) -> None: ...


class Converted(LegacyProvider[None]):
    """As the command writes it."""

    def __init__(self, path: str = "p") -> None:
        self.path = path
        self.calls: list[str] = []

    async def initialize(self) -> None:
        self.calls.append("initialize")

    @operation
    async def where(self) -> str:
        return self.path


class Unconverted(Converted):
    """One below it that the command has left as it was."""

    def shut(self) -> None:
        self.calls.append("shut")

    async def find(self, key: str) -> str:
        return f"{await self.where()}/{key}"


async def test_one_that_was_not_converted_is_adapted_though_its_base_was(metrics: MetricsManager) -> None:
    legacy: Any = Unconverted("q")
    provider: Any = adapt(legacy, name="u", close="shut")
    assert set(provider.metadata.capabilities) == {"find", "shut", "where"}
    async with ProviderManager() as manager:
        await manager.register(provider)
        assert (await provider.find("k"), await provider.where()) == ("q/k", "q")
        assert [provider.config, provider.status] == [None, ProviderStatus.READY]
        with pytest.raises(InvalidInputError, match="is a Provider already"):
            adapt(provider)
    assert legacy.calls == ["initialize", "shut"]
    assert metrics.operation("where", "custom", "u").successes == 1
    assert metrics.operation("where", "custom", "unconverted").successes == 1  # by find, inside of it
    legacy.config, legacy.status = "its own", "busy"
    assert [provider.config, provider.status] == ["its own", "busy"]


async def test_the_class_of_one_that_was_not_converted_is_adapted() -> None:
    async with ProviderManager() as manager:
        await manager.register(provider := adapt(functools.partial(Unconverted, path="q"), close="shut"))
        assert await provider.where() == "q"


class Native(Provider[Any]):
    async def initialize(self) -> None: ...
    async def cleanup(self) -> None: ...


@pytest.mark.parametrize(
    ("subject", "options", "text"),
    [
        (None, {}, "subject: is None"),
        (Native, {}, "is a Provider already; register it as it is"),
        (Native(metadata(), None), {}, "is a Provider already"),
        (Mock(spec=Native(metadata(), None)), {}, "is a Provider already"),
        (Converted, {}, "is a Provider already"),
        (Converted(), {}, "is a Provider already"),
        (Abstract, {}, "Abstract is abstract; a subclass has to write get"),
        (lambda: 3, {}, 'name: cannot be made from .*give one'),
        (Notes, {"type": "memry"}, "type: is 'memry'; one of memory, storage"),
        (Notes, {"open": "initialise"}, "Notes has no method 'initialise'; did you mean 'initialize'"),
        (Notes, {"open": "xxxx"}, "name a method"),
        (Notes, {"close": 3}, "close: is a int, not a name or a callable"),
        (Notes, {"open": "put"}, r"put needs arguments; bind them: open=functools.partial\(Notes.put, ...\)"),
        (Notes, {"check": "pig"}, "check: Notes has no method 'pig'"),
        (Notes, {"operations": ["gett"]}, "Notes has no method 'gett'; did you mean 'get'"),
        (Notes, {"operations": ["xxxx"]}, "Notes has no method 'xxxx'"),
        (Notes, {"operations": "get"}, r"is one string, not several; write operations=\['get'\]"),
        (Notes, {"operations": ["_private"]}, "'_private' is private"),
        (Notes, {"operations": ["cleanup"]}, "'cleanup' is a provider's own"),
        (Notes, {"sync": "maybe"}, "sync: is 'maybe'"),
        (Notes, {"reload": "maybe"}, "reload: is 'maybe'"),
        (Notes(), {"reload": "swap"}, "no other instance to swap with; adapt its class"),
        (Notes(), {"config": {}}, "built with its own; adapt its class"),
        (Notes, {"metadata": metadata(), "name": "n"}, "metadata: stands beside a name"),
        (Database, {"config": 1, "name": 3, "metadata": metadata()}, "metadata"),
        (lambda a, b: 1, {"name": "n"}, "without arguments: missing.*bind what it takes"),
        (lambda: 1, {"name": "n", "config": 1}, "with its config as the only argument: too many"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_once(subject: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInputError, match=text):
        adapt(subject, **options)


async def test_what_does_not_tell_its_arguments_is_tried() -> None:
    cls = type("Opaque", (dict,), {"__signature__": "none", "start": dict.update, "stop": dict.clear})
    provider: Any = adapt(cls, name="o")
    await provider.initialize()
    provider["a"] = 1
    assert provider["a"] == 1
    del provider["a"]
    assert len(provider) == 0
    await provider.cleanup()
