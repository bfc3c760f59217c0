"""`LegacyProvider`, the base on which converted classes stand.

A converted class keeps its constructor, and with it every call site. Beside that it can be built as all providers
are, from metadata and a typed config: `from_config` says how the one becomes the other.
"""

from __future__ import annotations

import dataclasses
import re
from abc import ABCMeta
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from purveyor.errors import UnsupportedError
from purveyor.metadata import ProviderMetadata
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["LegacyProvider", "provider_name_of", "settings"]

T = TypeVar("T")


class _BuiltBothWays(ABCMeta):
    """Lets a class be called with the arguments it always had, or with metadata and config."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **kwargs: Any) -> None:
        super().__init__(name, bases, namespace, **kwargs)
        if not getattr(cls, "enforces_abstract_methods", True):
            cls.__abstractmethods__ = frozenset()

    if not TYPE_CHECKING:  # type checkers are to see the class's own constructor

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            given = _metadata_and_config(args, kwargs)
            if given is None:
                provider = super().__call__(*args, **kwargs)
                metadata = cls._own_metadata()
            else:
                metadata, config = given
                provider = cls.from_config(config)
            if isinstance(provider, LegacyProvider):  # a class may have a __new__ that gives something else
                object.__setattr__(provider, "_metadata", metadata)  # a class may have a __setattr__ of its own
                object.__setattr__(provider, "_built", (args, kwargs))
            return provider


class LegacyProvider(Provider[T], metaclass=_BuiltBothWays):
    """A provider whose constructor takes what it took before it was one.

    ``Class(...)`` with its own arguments works as ever, and gives a provider with metadata made from the class.
    ``Class(metadata, config)``, as a configuration file's providers are built, goes through `from_config`.

    .. code-block:: python

        from dataclasses import dataclass
        from purveyor import operation
        from purveyor.migrate import LegacyProvider, settings

        @dataclass
        class GreeterConfig:
            greeting: str = "Good morning"

        class Greeter(LegacyProvider[GreeterConfig]):
            @classmethod
            def from_config(cls, config: GreeterConfig) -> "Greeter":
                return cls(settings(config))

            def __init__(self, config: dict) -> None:
                self.config = config

            @operation
            async def greet(self, name: str) -> str:
                return f"{self.config.get('greeting', 'Good morning')}, {name}"

    What the class calls `config` stays what it was; so do `status`, `health`, `current`, `state` and `metadata`,
    where the class assigns or defines them: ask the manager for those of the provider.

    A reload in place cleans the instance up and initializes it again. With another config, another one is built.
    """

    #: The name of a provider that was built with its own arguments; made from the class's if empty.
    provider_name: ClassVar[str] = ""

    #: Whether a class with abstract methods cannot be built. A class that was no `ABC` could.
    enforces_abstract_methods: ClassVar[bool] = True

    _config_is_final = True
    _config: Any = None  # also where a constructor assigns none
    if TYPE_CHECKING:  # a class may have something else of this name
        config: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        status: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        health: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        current: Any  # pyright: ignore[reportIncompatibleMethodOverride]

    _built: tuple[tuple[Any, ...], Mapping[str, Any]] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super(Provider, self).__init__(*args, **kwargs)  # as if this class and `Provider` were not there

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        config = vars(cls).get("config")
        if isinstance(config, property) and config.fset is None:  # Purveyor keeps it settable
            cls.config = config.setter(_set_config)

    @classmethod
    def from_config(cls, config: T) -> Self:
        """Build an instance from a typed config, by the constructor.

        Args:
            config: The config, as a configuration file gives it.

        Raises:
            UnsupportedError: The class does not say how; it takes what cannot stand in a file.
        """
        alternative = f"its own constructor, or write {cls.__qualname__}.from_config"
        raise UnsupportedError(cls.__qualname__, "being built from a config", alternative)

    async def initialize(self) -> None:
        """Nothing is acquired."""

    async def cleanup(self) -> None:
        """Nothing is released."""

    def next_generation(self, config: T) -> Self:
        """Build the instance that is to follow this one: by the same arguments, unless the config is new."""
        if self._built is None or not (config is self.config or config == self.config):
            return type(self)(self.metadata, config)
        args, kwargs = self._built
        following = type(self)(*args, **kwargs)
        object.__setattr__(following, "_metadata", self.metadata)
        return following

    @classmethod
    def _own_metadata(cls) -> ProviderMetadata:
        return ProviderMetadata(
            name=cls.provider_name or provider_name_of(cls.__name__),
            type=cls.provider_type,
            description=(cls.__doc__ or "").strip().partition("\n")[0],
            version=cls.provider_version,
            capabilities=list(cls.provider_capabilities),
        )


class _Yields:
    """A property of `Provider` that an instance may have for its own: what it assigns goes before."""

    def __init__(self, get: Callable[[Any], Any]) -> None:
        self._get = get
        self.__doc__ = get.__doc__

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else self._get(instance)


def _metadata(provider: LegacyProvider[Any]) -> ProviderMetadata:
    """Who the provider is; made from the class where it was built with its own arguments."""
    if "_metadata" not in vars(provider):  # it was made without being called: copied, or by __new__
        object.__setattr__(provider, "_metadata", provider._own_metadata())
    return provider._metadata


for _name in ("status", "health", "current"):
    setattr(LegacyProvider, _name, _Yields(vars(Provider)[_name].fget))
setattr(LegacyProvider, "metadata", _Yields(_metadata))  # noqa: B010 - to a type checker it stays a property
del _name


def settings(config: Any) -> dict[str, Any]:
    """A typed config as the dictionary that a legacy constructor takes.

    Args:
        config: A dataclass: its fields that are not None, secrets in clear, since legacy code reads them. A
            pydantic model: the fields that were given. A mapping: a copy of it.

    Returns:
        A new dictionary. What is left out gets the constructor's own default.
    """
    if dataclasses.is_dataclass(config):
        values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config) if field.init}
        return {name: _revealed(value) for name, value in values.items() if value is not None}
    given: set[str] | None = getattr(config, "model_fields_set", None)
    if given is not None:
        return {name: getattr(config, name) for name in type(config).model_fields if name in given}
    return dict(config)


def provider_name_of(class_name: str) -> str:
    """A provider's name made from its class's: ``LocalMemoryProvider`` gives ``"local_memory"``."""
    stem = class_name.removesuffix("Provider").strip("_") or class_name.strip("_") or class_name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", stem).lower()


def _revealed(value: Any) -> Any:
    reveal = getattr(value, "get_secret_value", None)
    return value if reveal is None else reveal()


def _metadata_and_config(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[ProviderMetadata, Any] | None:
    if len(args) == 2 and not kwargs:
        metadata, config = args
    elif not args and set(kwargs) == {"metadata", "config"}:
        metadata, config = kwargs["metadata"], kwargs["config"]
    else:
        return None
    return (metadata, config) if isinstance(metadata, ProviderMetadata) else None


def _set_config(self: LegacyProvider[Any], config: Any) -> None:
    self._config = config
