"""What converted classes stand on: built both ways, run by a manager, reloaded."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import pickle
import threading
import weakref
from abc import ABC, abstractmethod
from argparse import Namespace
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, get_type_hints

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, SecretStr

from purveyor import Policy, Provider, ProviderManager, ProviderMetadata, ProviderType, operation
from purveyor.catalog import config_type
from purveyor.errors import ProviderTimeoutError, UnsupportedError
from purveyor.lease import UNREGISTERED, Gate
from purveyor.lifecycle.health import overrides_check
from purveyor.metadata import Health, ProviderStatus
from purveyor.migrate import LegacyProvider, settings
from purveyor.migrate.legacy import provider_name_of
from purveyor.migrate.words import CHECKS
from purveyor.monitor.metrics import MetricsManager
from purveyor.provider import HELD


class Root(LegacyProvider[Any], ABC):
    """The root of a family."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @property  # type: ignore[misc]
    def config(self) -> dict[str, Any]:
        return self._config  # type: ignore[no-any-return]

    @abstractmethod
    async def get(self, key: str) -> str: ...


@dataclass
class LeafConfig:
    prefix: str = "p"
    token: SecretStr | None = None


class Leaf(Root, LegacyProvider[LeafConfig]):
    provider_type = ProviderType.MEMORY
    provider_capabilities = ("get",)
    provider_version = "2"
    built = 0

    @classmethod
    def from_config(cls, config: LeafConfig) -> Leaf:
        return cls(settings(config))

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        Leaf.built += 1
        self.calls: list[str] = []
        self._name = "a name of its own"
        self.status = "new"

    async def initialize(self) -> None:
        self.calls.append("initialize")

    async def cleanup(self) -> None:
        self.calls.append("cleanup")

    @operation
    async def get(self, key: str) -> str:
        return f"{self.config.get('prefix', 'p')}{key}"


def metadata(name: str = "leaf") -> ProviderMetadata:
    return ProviderMetadata(name, ProviderType.MEMORY, "", "1")


async def test_it_is_built_with_its_own_arguments_and_gets_metadata_of_its_class() -> None:
    leaf = Leaf({"prefix": "x"})
    assert isinstance(leaf, Provider)
    assert leaf.metadata == ProviderMetadata("leaf", ProviderType.MEMORY, "", "2", ["get"])
    assert leaf.config == {"prefix": "x"}
    assert (leaf._name, leaf.status) == ("a name of its own", "new")
    assert await leaf.get("k") == "xk"
    assert str(inspect.signature(Leaf.__init__)) == "(self, config: 'dict[str, Any]') -> 'None'"


@pytest.mark.parametrize("keywords", [False, True])
async def test_it_is_built_with_metadata_and_config(keywords: bool) -> None:
    given, config = metadata("other"), LeafConfig("y", SecretStr("s3cret"))
    build: Any = Leaf
    leaf = build(metadata=given, config=config) if keywords else build(given, config)
    assert leaf.metadata is given
    assert leaf.config == {"prefix": "y", "token": "s3cret"}
    assert await leaf.get("k") == "yk"


def test_its_config_type_is_found_beside_a_root_that_leaves_it_open() -> None:
    assert config_type(Leaf) is LeafConfig
    root: Any = Root
    assert config_type(root) == dict[str, Any]


def test_the_config_type_of_a_class_below_one_that_can_be_built_is_its_own() -> None:
    class Below(Leaf, LegacyProvider[dict[str, Any]]):
        pass

    assert config_type(Below) == dict[str, Any]


def test_an_abstract_class_is_not_built() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Root({})  # type: ignore[abstract]


def test_one_that_was_no_abstract_base_class_is_built() -> None:
    class Unenforced(LegacyProvider[Any]):
        enforces_abstract_methods = False

        @abstractmethod
        def get(self) -> None: ...

    assert isinstance(Unenforced(), Unenforced)  # type: ignore[abstract]


def test_a_class_that_takes_a_live_object_cannot_be_built_from_a_config() -> None:
    class Hosted(LegacyProvider[Any]):
        def __init__(self, host: object) -> None:
            self.host = host

    build: Any = Hosted
    with pytest.raises(
        UnsupportedError, match=r"Hosted does not support being built from a config; use .*from_config"
    ):
        build(metadata(), {})
    hosted = Hosted(object())
    assert hosted.config is None
    assert (hosted.status, hosted.health, hosted.current) == (None, None, hosted)


async def test_a_manager_runs_it_and_restarts_the_same_instance_in_place() -> None:
    manager, leaf = ProviderManager(), Leaf({})
    await manager.register(leaf)
    await manager.reload_provider("leaf")
    assert manager.get("leaf") is leaf
    assert leaf.calls == ["initialize", "cleanup", "initialize"]
    await manager.cleanup()
    assert leaf.calls[-1] == "cleanup"


@pytest.mark.parametrize("strategy", ["in_place", "swap"])
async def test_another_config_builds_another_instance(strategy: Any) -> None:
    manager, leaf = ProviderManager(), Leaf({"prefix": "old"})
    await manager.register(leaf, policy=Policy(reload=strategy))
    await manager.reload_provider("leaf", config=LeafConfig("new"))
    following = manager.get("leaf", Leaf)
    assert following is not leaf
    assert following.metadata is leaf.metadata
    assert await leaf.get("k") == await following.get("k") == "newk"
    assert leaf.calls == ["initialize", "cleanup"]
    await manager.cleanup()


async def test_if_the_other_instance_does_not_start_in_place_the_old_one_goes_on() -> None:
    class Picky(Leaf):
        async def initialize(self) -> None:
            await super().initialize()
            if self.config.get("prefix") == "bad":
                raise OSError("refused")

    manager = ProviderManager()
    await manager.register(leaf := Picky({"prefix": "good"}))
    with pytest.raises(OSError, match="refused"):
        await manager.reload_provider("picky", config=LeafConfig("bad"))
    assert manager.get("picky") is leaf
    assert await leaf.get("k") == "goodk"
    await manager.cleanup()


async def test_a_swap_without_another_config_builds_it_by_the_same_arguments() -> None:
    manager = ProviderManager()
    await manager.register(Leaf({"prefix": "x"}), policy=Policy(reload="swap"))
    leaf = manager.get("leaf", Leaf)
    leaf.metadata.labels["env"] = "test"
    await manager.reload_provider("leaf")
    following = manager.get("leaf", Leaf)
    assert following is not leaf
    assert (following.config, following.metadata.labels) == ({"prefix": "x"}, {"env": "test"})
    await manager.cleanup()


def test_a_copy_has_metadata_as_well() -> None:
    bare = Leaf.__new__(Leaf)
    assert bare.metadata.name == "leaf"
    assert copy.copy(Leaf({})).metadata.name == "leaf"
    assert bare.next_generation(LeafConfig("z")).config == {"prefix": "z"}


def test_its_config_stays_settable() -> None:
    leaf: Any = Leaf({})
    leaf.config = {"prefix": "set"}
    assert leaf.config == {"prefix": "set"}


def test_a_class_whose_new_gives_something_else_is_left_alone() -> None:
    class Other(LegacyProvider[Any]):
        def __new__(cls) -> Any:
            return 3

    assert Other() == 3


def test_a_constructor_reaches_past_the_base_to_whoever_comes_next() -> None:
    class Mixin:
        def __init__(self, tag: str) -> None:
            self.tag = tag

    class Base(LegacyProvider[Any]):
        def __init__(self, tag: str) -> None:
            super().__init__(tag)

    class Both(Base, Mixin):
        pass

    assert Both("t").tag == "t"
    with pytest.raises(TypeError):
        Base("nobody takes it")


async def test_what_defines_no_lifecycle_has_one_that_does_nothing() -> None:
    class Idle(LegacyProvider[None]):
        pass

    idle = Idle()
    before = dict(vars(idle))
    manager = ProviderManager()
    await manager.register(idle)
    assert manager.status("idle") is ProviderStatus.READY
    await manager.cleanup()
    assert manager.names() == ()
    assert {name: value for name, value in vars(idle).items() if name not in HELD} == before


# --- health ---------------------------------------------------------------------------------------------


class Probed(LegacyProvider[Any]):
    """What it answers is told to it."""

    asked = 0

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def told(self) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("is_operation", [True, False])
@pytest.mark.parametrize("name", [name for name in CHECKS if name != "check"])
async def test_its_own_check_is_asked_under_any_name(name: str, is_operation: bool, is_async: bool) -> None:
    async def acheck(self: Any) -> Any:
        return self.told()

    def check(self: Any) -> Any:
        return self.told()

    method: Any = acheck if is_async else check
    method.__name__ = name
    cls: Any = type("Own", (Probed,), {name: operation(method) if is_operation else method})
    provider = cls({"status": "down", "message": "no route"})
    async with ProviderManager() as manager:
        await manager.register(provider)
        assert await manager.check("own") == Health.unhealthy("no route")
        provider.answer = True
        assert await manager.check("own") == Health.healthy()
        provider.answer = ConnectionError("refused")
        assert (await manager.check("own")).message == "its check failed with ConnectionError: refused"
        assert provider.asked == 3
        records = MetricsManager.get_instance()
        assert records.operation(name, "custom", "own").successes == 0, "a check is no operation"


async def test_the_surest_check_is_asked_and_only_one_that_needs_nothing() -> None:
    class Own(Probed):
        def ping(self) -> Any:
            return "down"

        def health_check(self) -> Any:
            return self.told()

        def check_health(self, deep: bool) -> Any:
            raise AssertionError(deep)

    assert await Own("ok").check() == Health.healthy()

    class Without(Own):
        health_check: Any = None
        ping: Any = None

    assert await Without("down").check() == Health.healthy()
    assert not overrides_check(Without("down"))


async def test_a_class_without_a_check_is_not_asked_and_is_well() -> None:
    probed = Probed("down")
    assert not overrides_check(probed)
    assert overrides_check(type("Own", (Probed,), {"ping": Probed.told})("ok"))
    assert await probed.check() == Health.healthy()
    assert Probed.check is Provider.check
    async with ProviderManager() as manager:
        await manager.register(probed)
        assert await manager.check("probed") == Health.healthy()
    assert probed.asked == 0


async def test_a_check_that_it_writes_as_a_provider_does_goes_before() -> None:
    class Own(Probed):
        async def ping(self) -> Any:
            return self.told()

        async def check(self) -> Health:
            health = await super().check()
            return Health.degraded(f"ping: {health.state.value}")

    assert await Own("down").check() == Health.degraded("ping: unhealthy")

    class Bare(Probed):
        async def check(self) -> Health:
            return await super().check()

    assert await Bare("down").check() == Health.healthy()


def test_settings_of_a_dataclass_reveal_secrets_and_leave_out_what_is_none() -> None:
    @dataclass
    class Config:
        path: str
        token: SecretStr
        size: int | None = None
        derived: str = field(init=False, default="d")

    assert settings(Config("p", SecretStr("t"))) == {"path": "p", "token": "t"}


def test_settings_of_a_model_are_the_fields_that_were_given() -> None:
    class Config(BaseModel):
        path: str = "p"
        token: SecretStr | None = None

    assert settings(Config(token=SecretStr("t"))) == {"token": SecretStr("t")}


def test_settings_have_the_keys_that_the_constructor_reads() -> None:
    @dataclass
    class Config:
        path: str
        type_: str | None = None

    assert settings(Config("p", "blob"), type_="type") == {"path": "p", "type": "blob"}
    assert settings(Config("p"), type_="type") == {"path": "p"}
    assert settings({"type_": "blob", "labels": 1}, type_="type", labels_="labels") == {
        "type": "blob",
        "labels": 1,
    }


def test_settings_of_a_mapping_are_a_copy() -> None:
    given = {"a": 1}
    assert settings(given) == given
    assert settings(given) is not given


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("LocalMemoryProvider", "local_memory"),
        ("OpenAIProvider", "open_ai"),
        ("Provider", "provider"),
        ("HTTPClient", "http_client"),
        ("_Private", "private"),
        ("S3Store", "s3_store"),
    ],
)
def test_a_name_is_made_of_the_class(class_name: str, name: str) -> None:
    assert provider_name_of(class_name) == name


# --- As if it were no provider ----------------------------------------------------------------------


class Plain(LegacyProvider[Any]):
    """What it has is what its constructor puts there."""

    def __init__(self, config: dict[str, Any], *, size: int = 1) -> None:
        self.config = dict(config)
        self.state = "new"
        self.size = size

    @operation
    async def who(self) -> int:
        return id(self)

    @operation
    def grow(self, by: int = 1) -> int:
        self.size += by
        return self.size


def test_what_it_assigns_as_config_and_state_is_an_attribute_like_any_other() -> None:
    class Both(LegacyProvider[Any]):
        def __init__(self, config: Any) -> None:
            self._config = "parsed"
            self.config = config
            self._state = "closed"  # type: ignore[assignment]
            self.state = {"open": False}

    both: Any = Both("raw")
    assert (both._config, both.config) == ("parsed", "raw")
    assert (both._state, both.state) == ("closed", {"open": False})
    assert {"config", "state"} <= set(vars(both))
    revived = Both.__new__(Both)
    revived.__dict__.update(config="from an old pickle")
    assert revived.config == "from an old pickle"
    assert revived.state == {}
    revived.state["a"] = 1
    assert revived.state == {"a": 1}


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda plain: pickle.loads(pickle.dumps(plain))])
async def test_a_copy_is_one_of_its_own_also_after_an_operation(duplicate: Any) -> None:
    original = Plain({"path": "p"})
    await original.who()
    assert original.grow() == 2
    other = duplicate(original)
    assert set(vars(other)) == {"config", "state", "size"}
    assert await other.who() == id(other)
    assert (other.grow(5), original.size) == (7, 2)


async def test_a_copy_of_what_a_manager_runs_is_not_run_by_it() -> None:
    manager, plain = ProviderManager(), Plain({})
    await manager.register(plain)
    plain.grow()
    other = copy.copy(plain)
    assert (plain.status, other.status) == (ProviderStatus.READY, None)
    await manager.cleanup()
    assert other.grow() == 3


def test_a_copy_keeps_metadata_that_is_not_that_of_its_class() -> None:
    build: Any = Leaf
    assert copy.copy(build(metadata("other"), LeafConfig())).metadata.name == "other"
    plain = Plain({})
    plain.metadata.labels["env"] = "test"
    assert copy.copy(plain).metadata.labels == {"env": "test"}


class Slotted(Plain):
    __slots__ = ("fast",)

    def __init__(self) -> None:
        super().__init__({})
        self.fast = 1


class Handing(Plain):
    def __getstate__(self) -> Any:
        return self.__dict__.copy()


class Emptying(Plain):
    def __getstate__(self) -> Any:
        state = self.__dict__.copy()
        for name in ("config", "state", "size"):
            del state[name]
        return state

    def __setstate__(self, state: Any) -> None:
        assert state == {}
        self.size = 2


class Listing(Plain):
    def __getstate__(self) -> Any:
        return [self.size]

    def __setstate__(self, state: Any) -> None:
        self.size = state[0]


class Bare(LegacyProvider[None]):
    pass


class DeepCopied(Plain):
    def __deepcopy__(self, memo: Any) -> DeepCopied:
        other = DeepCopied.__new__(DeepCopied)
        for name, value in vars(self).items():
            setattr(other, name, copy.deepcopy(value, memo))
        return other


@pytest.mark.parametrize("build", [Slotted, *(partial(cls, {}) for cls in (Handing, Emptying, Listing))])
def test_pickles_are_those_of_the_class(build: Any) -> None:
    original = build()
    original.grow()
    revived = pickle.loads(pickle.dumps(original))
    assert {"_built", "_metadata", "_gate", "_bindings"}.isdisjoint(vars(revived))
    assert revived.grow() == 3
    assert getattr(revived, "fast", 1) == 1


def test_what_has_nothing_of_its_own_is_copied() -> None:
    assert vars(copy.copy(Bare())) == {}


def test_one_that_copies_its_attributes_itself_leaves_arguments_and_the_gate_behind() -> None:
    lock = threading.Lock()
    original = DeepCopied({}, size=1)
    object.__setattr__(original, "_gate", Gate("g"))
    original.__dict__["_built"]._kwargs["lock"] = lock
    other = copy.deepcopy(original)
    assert other._built is None
    assert other._gate is UNREGISTERED
    assert other.grow() == 2


def test_it_is_gone_with_its_last_reference_also_after_an_operation() -> None:
    gone = []

    class Dying(Plain):
        def __del__(self) -> None:
            gone.append(self.size)

    dying = Dying({})
    dying.grow()
    gc.disable()
    try:
        del dying
        assert gone == [2]
    finally:
        gc.enable()


def test_its_text_is_what_it_was() -> None:
    class Telling:
        def __repr__(self) -> str:
            return "told"

    class Both(LegacyProvider[None], Telling):
        pass

    assert repr(Plain({})).startswith("<tests.migrate.test_legacy.Plain object at 0x")
    assert repr(Both()) == "told"


async def test_operations_of_what_cannot_be_assigned_to_run() -> None:
    class Frozen(Plain):
        def __setattr__(self, name: str, value: Any) -> None:
            if "size" in vars(self):
                raise AttributeError(name)
            super().__setattr__(name, value)

        @operation
        def states(self) -> Any:
            del self.__dict__["state"]
            return self.state

    frozen = Frozen({})
    assert await frozen.who() == id(frozen)
    assert frozen.states() == {}


async def test_what_cannot_be_assigned_to_is_run_by_a_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen(Plain):
        def __setattr__(self, name: str, value: Any) -> None:
            if "size" in vars(self):
                raise AttributeError(name)
            super().__setattr__(name, value)

        async def cleanup(self) -> None:
            try:
                await left.wait()
            except asyncio.CancelledError:
                await left.wait()

    monkeypatch.setattr("purveyor.lifecycle.owner.GRACE", 0.01)
    left = asyncio.Event()
    left.set()
    async with ProviderManager() as manager:
        frozen = Frozen({})
        await manager.register(frozen)
        assert await frozen.who() == id(frozen)
        await manager.reload_provider("frozen", policy=Policy(reload="swap", concurrency=1))
        await manager.reload_provider("frozen")
        serving = manager.get("frozen", Frozen)
        assert frozen.current is serving is not frozen
        assert await frozen.who() == id(serving), "it goes to the one that serves"
        await manager.reload_provider("frozen", policy=Policy(stop_timeout=0.01))
        left.clear()
        with pytest.raises(ProviderTimeoutError):
            await manager.unregister("frozen")
        assert serving._abandoned is not None
        left.set()
        await asyncio.wait([serving._abandoned[0]])
        await asyncio.sleep(0)
        assert serving._abandoned is None


def test_reflection_finds_what_the_class_has_written() -> None:
    class Annotated(Plain):
        limit: int = 3

    class New(LegacyProvider[None]):
        def __new__(cls, path: str) -> Self:
            return super().__new__(cls)

    class Mixin:
        def __init__(self, tag: str) -> None: ...

    class Behind(LegacyProvider[None], Mixin):
        pass

    class Said(Plain):
        __signature__ = inspect.Signature()

    class Untold(LegacyProvider[None]):
        __init__ = dict.__init__

    found = {cls.__name__: str(inspect.signature(cls)) for cls in (Annotated, New, Behind, Bare, Said, Untold)}
    assert found == {
        "Annotated": "(config: 'dict[str, Any]', *, size: 'int' = 1) -> 'None'",
        "New": "(path: 'str') -> 'Self'",
        "Behind": "(tag: 'str') -> 'None'",
        "Bare": "()",
        "Said": "()",
        "Untold": "(*args: 'Any', **kwargs: 'Any') -> 'Any'",
    }
    assert get_type_hints(Annotated) == {"limit": int}
    assert inspect.getfullargspec(Plain.grow).args == ["self", "by"]


async def test_what_follows_gets_what_the_constructor_has_taken_out_and_shares_the_rest() -> None:
    class Taking(LegacyProvider[Any]):
        def __init__(
            self, config: dict[str, Any], hosts: list[str], shared: list[str], *, more: dict[str, Any]
        ) -> None:
            self.path, self.host = config.pop("path"), hosts.pop()
            self.shared = shared
            more["seen"] = True
            self.more = more
            hosts.append("another")

    shared: list[str] = []
    more = {"seen": False}
    taking = Taking({"path": "p"}, ["h"], shared, more=more)
    for _ in range(2):  # a swap may fail and be tried again
        following = taking.next_generation(None)
        assert (following.path, following.host, following.more) == ("p", "h", {"seen": True})
        assert following.shared is shared
        assert following.more is not more
    assert following.next_generation(None).path == "p"


class Owner:
    """What builds a provider and keeps it."""


class Owned(LegacyProvider[Any]):
    """It knows its owner, but does not keep it alive."""

    def __init__(self, owner: Owner, *, config: Any = None) -> None:
        self.owner = weakref.ref(owner)
        self.known = config is not None


class SwappedOwned(Owned):
    provider_reload = "swap"


async def test_what_it_was_built_with_is_not_kept_alive_by_that() -> None:
    owner = Owner()
    owned = Owned(owner, config=Namespace(path="p"))
    again = owned.next_generation(None)
    assert again.owner() is owner
    assert again.known, "a config is a value, and kept"
    del owner
    assert owned.owner() is again.owner() is None
    with pytest.raises(UnsupportedError, match="what its constructor was given is gone"):
        owned.next_generation(None)


async def test_what_the_next_instance_needs_is_kept() -> None:
    owned = SwappedOwned(Owner())
    assert owned.next_generation(None).owner() is owned.owner() is not None


def test_settings_of_a_model_are_what_it_was_given() -> None:
    class Host(BaseModel):
        name: str = Field(alias="hostName")
        port: int = 1

    class Config(BaseModel):
        model_config = ConfigDict(extra="allow")
        api_key: SecretStr = Field(alias="apiKey")
        path: str = Field(
            "p", validation_alias=AliasChoices(AliasPath("a", 0), "where"), serialization_alias="out"
        )
        first: str = Field("f", validation_alias=AliasPath("a", 0))
        hosts: list[Host] = []
        by_name: dict[str, Host] = {}

    class Named(BaseModel):
        model_config = ConfigDict(populate_by_name=True, validate_by_alias=False, validate_by_name=True)
        api_key: str = Field(alias="apiKey")

    given: dict[str, Any] = {
        "apiKey": SecretStr("s"),
        "where": "w",
        "hosts": [{"hostName": "a"}],
        "by_name": {"b": {"hostName": "b", "port": 2}},
        "unknown": [1],
    }
    assert settings(Config(**given)) == given
    assert settings(Config.model_validate({"apiKey": "s", "a": ["x"]})).keys() == {"apiKey", "where", "first"}
    assert settings(Named.model_validate({"api_key": "k"})) == {"api_key": "k"}
