"""Code that calls a legacy registry runs on a manager."""

from __future__ import annotations

import asyncio
import inspect
import threading
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest

from purveyor.errors import (
    ConstructionError,
    InvalidInputError,
    ProviderNotFoundError,
    RegistrationAbortedError,
)
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus, ProviderType
from purveyor.migrate import LegacyProvider, LegacyRegistry, adapt, settings
from purveyor.migrate.adapting import Adapted
from purveyor.operations import operation
from purveyor.provider import Provider
from tests.migrate.runtime.legacy import Notes
from tests.providers import metadata

pytestmark = pytest.mark.filterwarnings("ignore:.* is a legacy registry's:DeprecationWarning")


class Local(Notes):
    built = 0

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        type(self).built += 1


class Taking(Notes):
    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config


@pytest.fixture(autouse=True)
def _none_built() -> None:
    Local.built = 0


@pytest.fixture
async def registry() -> AsyncIterator[LegacyRegistry]:
    registry = LegacyRegistry()
    registry.register_provider("local", Local)
    yield registry
    await registry.cleanup()
    assert registry.manager.registered_names() == ()


class Converted(LegacyProvider[Any]):
    provider_capabilities = ("get",)

    @classmethod
    def from_config(cls, config: Any) -> Converted:
        return cls(settings(config))

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.calls: list[str] = []

    async def initialize(self) -> None:
        self.calls.append("initialize")

    async def cleanup(self) -> None:
        self.calls.append("cleanup")

    @operation
    async def get(self) -> Any:
        return self.config


@dataclass
class NativeConfig:
    path: str = "p"


class Native(Provider[NativeConfig]):
    provider_type = ProviderType.STORAGE

    async def initialize(self) -> None: ...
    async def cleanup(self) -> None: ...


class Free(Provider[dict[str, Any]]):
    async def initialize(self) -> None: ...
    async def cleanup(self) -> None: ...


# --- building and caching --------------------------------------------------------------------------------


async def test_a_provider_is_built_started_and_kept_by_its_config(registry: LegacyRegistry) -> None:
    config = {"a": 1}
    first = await registry.get_provider("local", config)
    assert first.legacy.calls == ["initialize"]
    assert await registry.get_provider("local", {"a": 1}) is first
    assert await registry.get_provider("local") is first, "without a config, what there is"
    config["a"] = 2  # the caller's own
    second = await registry.get_provider("local", config)
    assert second is not first
    assert second.config == {"a": 2}
    assert await registry.get_provider("local", a=2) is second
    assert await registry.get("local", {"a": 1}, a=2) is second
    assert registry.manager.names() == ("local", "local-2")
    assert await registry.create_provider("local", {"a": 1}) not in (first, second)
    assert Local.built == 3
    assert isinstance(first, Local)


async def test_classes_of_all_kinds(registry: LegacyRegistry) -> None:
    registry.register_provider("converted", Converted)
    registry.register_provider("native", Native)
    registry.register_provider("free", Free)
    converted = await registry.get_provider("converted", {"a": 1})
    assert type(converted) is Converted
    assert converted.metadata.name == "converted"
    assert await converted.get() == {"a": 1}
    native = await registry.get_provider("native", {"path": "q"})
    assert native.config == NativeConfig("q")
    assert native.metadata.type is ProviderType.STORAGE
    assert (await registry.get_provider("native", NativeConfig("r"))).config == NativeConfig("r")
    assert (await registry.create_provider("native")).config == NativeConfig()
    assert (await registry.get_provider("free", {"a": 1})).config == {"a": 1}
    assert len(registry.manager) == 5


async def test_three_arguments_are_capability_type_and_class(registry: LegacyRegistry) -> None:
    class Capability(Enum):
        MEMORY = "memory"

    registry.register_provider(Capability.MEMORY, "local", Local)
    registry.register("llm", "local", Converted)
    memory = await registry.get_provider("memory", "local", {"a": 1})
    assert memory.metadata.name == "memory.local"
    assert memory.metadata.type is ProviderType.MEMORY
    assert (await registry.get_provider(Capability.MEMORY, "local")) is memory
    assert type(await registry.get_provider("llm", "local", {})) is Converted
    assert registry.list_providers("memory") == ["local"]
    assert registry.list_providers() == ["local", "local", "local"]
    assert registry.has_provider("llm", "local")
    assert not registry.has_provider("llm", "other")


async def test_arguments_may_be_named(registry: LegacyRegistry) -> None:
    registry.register_provider(provider_type="other", provider_class=Local)
    assert registry.has_provider("other")
    other = await registry.get_provider(provider_type="other", config={"a": 1})
    assert other.config == {"a": 1}

    @registry.register("decorated")
    class Decorated(Notes): ...

    assert isinstance(await registry.get_provider("decorated"), Decorated)


async def test_words_may_be_named_in_every_call(registry: LegacyRegistry) -> None:
    registry.register_provider("memory", provider_type="local", provider_class=Local)
    registry.register_provider(capability="memory", type="other", cls=Local)
    registry.register_provider("memory", name="third", cls=Local)
    assert registry.list_providers(capability="memory") == ["local", "other", "third"]
    assert registry.has_provider("memory", provider_type="local")
    assert registry.has_provider(capability="memory", provider_type="other")
    assert not registry.has_provider(provider_type="memory")
    assert not registry.has_provider(None)
    local = await registry.get_provider("memory", provider_type="local", config={"a": 1})
    assert local.metadata.name == "memory.local"
    assert await registry.get_provider(capability="memory", provider_type="local", a=1) is local
    third = await registry.get_provider("memory", name="third", a=1)
    assert third.metadata.name == "memory.third"
    created = await registry.create_provider(capability="memory", provider_type="other", config={})
    assert created.metadata.name == "memory.other"
    with pytest.raises(ProviderNotFoundError, match="memory.lokal not found; did you mean 'memory.local'"):
        await registry.get_provider("memory", provider_type="lokal")
    with pytest.raises(ProviderNotFoundError, match="memory.lokal not found"):
        await registry.get_provider(capability="memory", type="lokal")
    await registry.unregister_provider("memory", provider_type="local")
    registry.unregister_provider(capability="memory", provider_type="other")
    assert registry.list_providers("memory") == ["third"]


async def test_a_keyword_that_is_no_word_of_what_is_registered_is_of_the_config(registry: LegacyRegistry) -> None:
    named = await registry.get_provider("local", name="n", type="t", provider_type="p")
    assert named.config == {"name": "n", "type": "t", "provider_type": "p"}
    assert await registry.get_provider(provider_type="local", name="n", type="t") is not named
    assert (await registry.create_provider(provider_type="local", name="n")).config == {"name": "n"}
    registry.register_provider("local", "n", Converted)
    assert type(await registry.get_provider("local", name="n")) is Converted, "now it is"


async def test_what_is_not_registered_is_resolved_by_its_words_alone() -> None:
    asked: list[tuple[str, ...]] = []

    def resolve(*key: str) -> Any:
        asked.append(key)
        return Local

    registry = LegacyRegistry(resolve=resolve)
    provider = await registry.get_provider("openai", name="gpt")
    assert provider.config == {"name": "gpt"}
    assert (await registry.get_provider("llm", provider_type="small", name="s")).config == {"name": "s"}
    assert asked == [("openai",), ("llm", "small")]
    await registry.cleanup()


async def test_what_cannot_be_assigned_to_is_run_as_well(registry: LegacyRegistry) -> None:
    class Frozen(LegacyProvider[Any]):
        def __init__(self, config: dict[str, Any]) -> None:
            vars(self).update(path=config["path"], steps=[])

        def __setattr__(self, name: str, value: Any) -> None:
            raise AttributeError(name)

        async def initialize(self) -> None:
            vars(self)["steps"].append("initialize")

        async def cleanup(self) -> None:
            vars(self)["steps"].append("cleanup")

    registry.register_provider("frozen", Frozen)
    frozen = await registry.get_provider("frozen", {"path": "p"})
    await frozen.cleanup()
    assert vars(frozen)["steps"] == ["initialize", "cleanup"]


async def test_two_at_once_get_one(registry: LegacyRegistry) -> None:
    providers = await asyncio.gather(*(registry.get_provider("local", {"a": 1}) for _ in range(5)))
    assert len({*map(id, providers)}) == 1
    assert Local.built == 1


async def test_a_caller_that_is_cancelled_leaves_the_others_theirs(registry: LegacyRegistry) -> None:
    first, second = (asyncio.ensure_future(registry.get_provider("local", {})) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await second).legacy.open


@pytest.mark.parametrize("turns", range(1, 12))
async def test_when_all_callers_leave_it_is_undone(registry: LegacyRegistry, turns: int) -> None:
    caller = asyncio.ensure_future(registry.get_provider("local", {}))
    for _ in range(turns):
        await asyncio.sleep(0)
    if caller.cancel():
        another = asyncio.ensure_future(registry.get_provider("local", {}))  # comes while it is undone
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert (await another).legacy.open
    provider = await registry.get_provider("local", {})
    assert provider.legacy.open
    assert registry.manager.names() == ("local",)


async def test_one_that_fails_is_told_to_all_and_built_anew(registry: LegacyRegistry) -> None:
    class Failing(Local):
        fails = True

        async def initialize(self) -> None:
            await asyncio.sleep(0)
            if type(self).fails:
                raise OSError("down")
            await super().initialize()

    registry.register_provider("failing", Failing)
    results = await asyncio.gather(
        *(registry.get_provider("failing", {}) for _ in range(2)), return_exceptions=True
    )
    assert [type(result) for result in results] == [OSError, OSError]
    Failing.fails = False
    assert (await registry.get_provider("failing", {})).metadata.name == "failing"


async def test_what_the_manager_has_stopped_is_built_anew(registry: LegacyRegistry) -> None:
    first = await registry.get_provider("local", {})
    await registry.manager.unregister("local")
    second = await registry.get_provider("local", {})
    assert second is not first
    assert second.metadata.name == "local"


async def test_after_a_swap_the_one_that_serves_is_given(registry: LegacyRegistry) -> None:
    await registry.get_provider("local", {})
    await registry.manager.reload_provider("local", replacement=Free(metadata("local"), {}))
    assert type(await registry.get_provider("local", {})) is Free


async def test_a_config_that_cannot_be_copied_is_known_by_its_identity(registry: LegacyRegistry) -> None:
    lock = threading.Lock()
    first = await registry.get_provider("local", {"lock": lock})
    assert await registry.get_provider("local", {"lock": lock}) is first


class Plain:
    """A config without equality."""

    def __init__(self, path: str) -> None:
        self.path = path


class Odd:
    """A config the equality of which has no truth, as that of an array."""

    def __eq__(self, other: object) -> Any:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("make", [lambda: Plain("p"), Odd])
async def test_a_config_that_has_no_equality_is_known_by_its_identity(make: Any) -> None:
    registry = LegacyRegistry()
    registry.register_provider("taking", Taking)
    config = make()
    first = await registry.get_provider("taking", config)
    assert first.config is config
    assert await registry.get_provider("taking", config) is first
    assert await registry.get_provider("taking", make()) is not first
    assert registry.manager.names() == ("taking", "taking-2")
    await registry.cleanup()


async def test_what_a_config_holds_is_known_by_its_identity_and_the_rest_by_its_value() -> None:
    registry = LegacyRegistry()
    registry.register_provider("taking", Taking)
    client, lock, other = Plain("p"), threading.Lock(), Plain("p")
    config: dict[str, Any] = {"client": client, "more": [lock, {"size": 1}, (client,)]}
    first = await registry.get_provider("taking", config)
    same = {"client": client, "more": [lock, {"size": 1}, (client,)]}
    assert await registry.get_provider("taking", same) is first
    config["more"][1]["size"] = 2  # the caller's own
    second = await registry.get_provider("taking", config)
    assert second is not first
    assert await registry.get_provider("taking", same) is first
    assert await registry.get_provider("taking", {**same, "client": other}) not in (first, second)
    await registry.cleanup()


async def test_a_config_that_holds_itself_is_known_by_its_identity() -> None:
    registry = LegacyRegistry()
    registry.register_provider("taking", Taking)
    config: dict[str, Any] = {}
    config["itself"] = config
    first = await registry.get_provider("taking", config)
    assert await registry.get_provider("taking", config) is first
    await registry.cleanup()


async def test_a_constructor_may_ask_for_others(registry: LegacyRegistry) -> None:
    sync = LegacyRegistry(registry.manager, style="sync")
    sync.register_provider("local", Local)

    class Outer(Notes):
        def __init__(self) -> None:
            super().__init__()
            self.inner = sync.get_provider("local", {})

    sync.register_provider("outer", Outer)
    outer = sync.get_provider("outer")
    assert outer.inner is sync.get_provider("local")


# --- sync style ------------------------------------------------------------------------------------------


async def test_in_the_sync_style_the_caller_starts_and_stops_it() -> None:
    registry = LegacyRegistry(style="sync")
    registry.register_provider("local", Local)
    registry.register_provider("converted", Converted)
    provider = registry.get_provider("local", {"a": 1})
    assert registry.get_provider("local", {"a": 1}) is provider
    assert provider.config == {"a": 1}
    assert provider.legacy.calls == []
    assert registry.manager.names() == ()
    await asyncio.gather(provider.initialize(), provider.initialize())
    assert registry.manager.names() == ("local",)
    await provider.put("a", 1)
    await provider.cleanup()
    await provider.cleanup()
    assert provider.legacy.calls == ["initialize", "cleanup"]
    assert registry.manager.names() == ()
    again = registry.get_provider("local", {"a": 1})
    assert again is not provider
    await again.initialize()
    await registry.manager.reload_provider("local", replacement=adapt(Notes, name="local"))
    assert len(registry.manager.get("local", Adapted).legacy) == 0
    assert registry.get_provider("local", {"a": 1}) is registry.manager.get("local"), "though it is empty"
    await registry.cleanup()
    converted = registry.get_provider("converted", {})
    await registry.initialize()
    assert registry.manager.names() == ("converted",)
    await registry.initialize()
    await registry.manager.reload_provider("converted")
    assert converted.calls == ["initialize", "cleanup", "initialize"]
    await registry.shutdown()
    assert converted.calls[3:] == ["cleanup"]


def test_in_the_sync_style_threads_get_one() -> None:
    registry = LegacyRegistry(style="sync")
    start = threading.Barrier(4)
    found: list[object] = []

    class Slow(Notes):
        def __init__(self) -> None:
            super().__init__()
            threading.Event().wait(0.001)

    registry.register_provider("slow", Slow)

    def get() -> None:
        start.wait(30)
        found.append(registry.get_provider("slow", {}))

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({*map(id, found)}) == 1


# --- the end ---------------------------------------------------------------------------------------------


async def test_a_manager_of_others_keeps_theirs() -> None:
    manager = ProviderManager()
    await manager.register(Free(metadata("other"), {}))
    registry = LegacyRegistry(manager)
    registry.register_provider("local", Local)
    registry.register_provider("converted", Converted)
    ended: list[str] = []

    class Ending(Local):
        async def cleanup(self) -> None:
            ended.append(self.config["name"])
            if "fails" in self.config:
                raise OSError(self.config["name"])

    registry.register_provider("ending", Ending)
    for config in ({"name": "a", "fails": 1}, {"name": "b"}, {"name": "c", "fails": 1}):
        await registry.get_provider("ending", config)
    with pytest.raises(ExceptionGroup) as caught:
        await registry.cleanup()
    assert ended == ["c", "b", "a"]
    assert [str(error) for error in caught.value.exceptions] == ["c", "a"]
    assert manager.names() == ("other",)
    assert registry.has_provider("local")
    assert (await registry.get_provider("local", {})).legacy.open
    await registry.cleanup()
    await manager.cleanup()


@pytest.mark.parametrize("owns", [True, False])
async def test_a_cleanup_aborts_what_is_being_started(owns: bool) -> None:
    manager = ProviderManager()
    registry = LegacyRegistry(None if owns else manager)
    registry.register_provider("local", Local)
    caller = asyncio.ensure_future(registry.get_provider("local", {}))
    await asyncio.sleep(0)
    await registry.cleanup()
    with pytest.raises(RegistrationAbortedError):
        await caller
    assert registry.manager.registered_names() == ()


@pytest.mark.parametrize("turns", range(1, 10))
async def test_a_cleanup_that_is_cancelled_skips_nobody(turns: int) -> None:
    manager = ProviderManager()
    registry = LegacyRegistry(manager)
    registry.register_provider("local", Local)
    legacy = [(await registry.get_provider("local", {"a": a})).legacy for a in range(3)]
    cleanup = asyncio.ensure_future(registry.cleanup())
    for _ in range(turns):
        await asyncio.sleep(0)
    cleanup.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cleanup
    await asyncio.sleep(0)
    assert manager.registered_names() == ()
    assert [each.calls for each in legacy] == [["initialize", "cleanup"]] * 3


async def test_what_one_raises_at_its_end_is_raised_as_it_is() -> None:
    class Ending(Local):
        async def cleanup(self) -> None:
            raise OSError("gone")

    registry = LegacyRegistry(style="sync")
    registry.register_provider("ending", Ending)
    ending = registry.get_provider("ending", {})
    await ending.initialize()
    with pytest.raises(OSError, match="gone"):
        await ending.cleanup()


async def test_a_cleanup_of_what_was_not_started_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    registry = LegacyRegistry(style="sync")
    registry.register_provider("local", Local)
    registry.get_provider("local", {})
    await registry.cleanup()
    assert caplog.records == []


async def test_a_class_may_be_forgotten(registry: LegacyRegistry) -> None:
    provider = await registry.get_provider("local", {})
    registry.unregister_provider("local")  # as sync registries did
    assert not registry.has_provider("local")
    assert registry.manager.names() == ("local",)
    assert provider.status is ProviderStatus.READY
    registry.register_provider("local", Local)
    await registry.unregister_provider("local")
    assert registry.manager.names() == ()
    with pytest.raises(ProviderNotFoundError, match="local not found"):
        registry.unregister_provider("local")
    with pytest.raises(ProviderNotFoundError, match="local not found"):
        await registry.get_provider("local", {})


# --- what is refused -------------------------------------------------------------------------------------


async def test_what_cannot_be_is_refused(registry: LegacyRegistry) -> None:
    with pytest.raises(ProviderNotFoundError, match="locale not found; did you mean 'local'"):
        await registry.get_provider("locale", {})
    with pytest.raises(ConstructionError):
        registry.register_provider("nothing", type("Nothing", (), {}))
        await registry.get_provider("nothing", {"a": 1})
    refused: list[Any] = [(), ("local", {}, {}), ({},)]
    for arguments in refused:
        with pytest.raises(InvalidInputError, match="takes a type and a config"):
            await registry.get_provider(*arguments)
    with pytest.raises(InvalidInputError, match="takes a type and a config"):
        await registry.get_provider("local", object(), more=1)
    refused = [(), (Local,), ("local", Local, Local)]
    for arguments in refused:
        with pytest.raises(InvalidInputError, match="takes a type and a class"):
            registry.register_provider(*arguments)
    with pytest.raises(InvalidInputError, match="takes a type and a class"):
        registry.register_provider("local", Local, replace=True)
    refused = [(), (None,), ("local", "a", "b")]
    for arguments in refused:
        with pytest.raises(InvalidInputError, match="unregister_provider: takes a type"):
            registry.unregister_provider(*arguments)
    with pytest.raises(InvalidInputError, match="unregister_provider: takes a type"):
        registry.unregister_provider("local", now=True)
    with pytest.raises(InvalidInputError, match="has_provider: takes a type"):
        registry.has_provider("local", now=True)
    with pytest.raises(InvalidInputError, match="neither a class nor a function"):
        registry.register_provider("local", 3)
    with pytest.raises(InvalidInputError, match="style: is 'both'"):
        LegacyRegistry(style="both")  # type: ignore[arg-type]


# --- warnings --------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("always::DeprecationWarning")
async def test_each_place_is_warned_once_with_the_line_that_replaces_it() -> None:
    registry = LegacyRegistry()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            registry.register_provider("local", Local)
            await registry.get_provider("local", {"password": "S3CRET"})
        here = inspect.currentframe()
        assert here is not None
        line = here.f_lineno + 1
        registry.register("memory", "converted", Converted)
        registry.register("native", Native)
        await registry.get("memory", "converted", {})
        await registry.create_provider("local", {})
        registry.has_provider("local")
        registry.list_providers()
        await registry.initialize()
        await registry.unregister_provider("local")
        await registry.cleanup()
    texts = [str(each.message).partition("write ")[2] for each in caught]
    assert texts == [
        "`await manager.register(adapt(Local(...), name='local'))`",
        "`manager.get('local', Local)`",
        "`await manager.register(Converted(...))`",
        "`await manager.register(Native(ProviderMetadata('native', ...), config))`",
        "`manager.get('memory.converted', Converted)`",
        "`await manager.register(adapt(Local(...), name='local'))`",
        "`'local' in manager`",
        "`manager.names()`",
        "`await manager.register_all([...])`",
        "`await manager.unregister('local')`",
        "`await manager.cleanup()`",
    ]
    assert {each.filename for each in caught} == {__file__}
    assert caught[2].lineno == line
    assert {each.category for each in caught} == {DeprecationWarning}


ALIASES: list[tuple[str, tuple[Any, ...]]] = [
    ("register", ("other", Local)),
    ("register_provider_type", ("other", Local)),
    ("is_registered", ("local",)),
    ("get_registered_providers", ()),
    ("unregister", ("local",)),
    ("get", ("local", {})),
    ("create", ("local", {})),
    ("close", ()),
    ("aclose", ()),
    ("shutdown", ()),
]


@pytest.mark.parametrize(("name", "arguments"), ALIASES, ids=[name for name, _ in ALIASES])
async def test_a_warning_names_the_method_that_was_called(
    registry: LegacyRegistry, name: str, arguments: tuple[Any, ...]
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = getattr(registry, name)(*arguments)
    assert [str(each.message).partition(": write")[0] for each in caught] == [f"{name} is a legacy registry's"]
    assert caught[0].filename == __file__
    assert getattr(LegacyRegistry, name).__doc__
    assert "self" in inspect.signature(getattr(LegacyRegistry, name)).parameters
    if inspect.isawaitable(result):
        await result


@pytest.mark.parametrize("name", ["close", "aclose", "shutdown", "cleanup"])
async def test_it_is_closed_under_any_of_these_names(name: str) -> None:
    registry = LegacyRegistry()
    registry.register_provider("local", Local)
    legacy = (await registry.get_provider("local", {})).legacy
    await getattr(registry, name)()
    assert legacy.calls == ["initialize", "cleanup"]
    assert registry.manager.names() == ()


async def test_a_decorator_is_warned_of_with_the_class_that_it_decorates(registry: LegacyRegistry) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        here = inspect.currentframe()
        assert here is not None
        line = here.f_lineno + 2

        @registry.register("done")
        class Done(LegacyProvider[Any]): ...

        @registry.register_provider("llm", "left")
        class Left(Notes): ...

    assert [str(each.message).split(" is a legacy registry's: write ") for each in caught] == [
        ["register", "`await manager.register(Done(...))`"],
        ["register_provider", "`await manager.register(adapt(Left(...), name='llm.left'))`"],
    ]
    assert caught[0].lineno == line
    assert {each.filename for each in caught} == {__file__}
    assert isinstance(await registry.get_provider("done"), Done)
    assert isinstance(await registry.get_provider("llm", "left"), Left)
