"""What converted classes stand on: built both ways, run by a manager, reloaded."""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from purveyor import Policy, Provider, ProviderManager, ProviderMetadata, ProviderType, operation
from purveyor.catalog import config_type
from purveyor.errors import UnsupportedError
from purveyor.migrate import LegacyProvider, settings
from purveyor.migrate.legacy import provider_name_of


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


def test_an_abstract_class_is_not_built() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Root({})  # type: ignore[abstract]


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

    manager = ProviderManager()
    await manager.register(Idle())
    await manager.cleanup()


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
