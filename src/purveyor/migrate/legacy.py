"""`LegacyProvider`, the base on which converted classes stand.

A converted class keeps its constructor, and with it every call site. Beside that it can be built as all providers
are, from metadata and a typed config: `from_config` says how the one becomes the other.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import operator
import re
import weakref
from abc import ABCMeta
from contextlib import suppress
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from purveyor.errors import UnsupportedError
from purveyor.metadata import ProviderMetadata
from purveyor.migrate.checks import find_check, health_of
from purveyor.migrate.methods import without_lease
from purveyor.migrate.words import CHECKS
from purveyor.provider import HELD, Provider, without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from purveyor.metadata import Health

__all__ = ["LegacyProvider", "provider_name_of", "settings"]

T = TypeVar("T")


class _BuiltBothWays(ABCMeta):
    """Lets a class be called with the arguments it always had, or with metadata and config."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **kwargs: Any) -> None:
        super().__init__(name, bases, namespace, **kwargs)
        if not getattr(cls, "enforces_abstract_methods", True):
            cls.__abstractmethods__ = frozenset()

    @property
    def __signature__(cls) -> inspect.Signature:
        """That of the constructor: what `inspect.signature` would find if there were no `__call__` here."""
        for base in cls.__mro__:
            if base in (LegacyProvider, Provider):
                continue
            for name in ("__signature__", "__new__", "__init__"):
                if name in vars(base) and base is not object:
                    return _signature(vars(base)[name], cls)
        return inspect.Signature()

    if not TYPE_CHECKING:  # pragma: no branch - type checkers are to see the class's own constructor

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            given = _metadata_and_config(args, kwargs)
            built = _Built(args, kwargs, keep=given is not None or cls.provider_reload == "swap")
            if given is None:
                provider = super().__call__(*args, **kwargs)
                metadata = cls._own_metadata()
            else:
                metadata, config = given
                provider = cls.from_config(config)
            if isinstance(provider, LegacyProvider):  # a class may have a __new__ that gives something else
                object.__setattr__(provider, "_metadata", metadata)  # a class may have a __setattr__ of its own
                built.forget_copies()
                object.__setattr__(provider, "_built", built)
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

    Its health is what its own ``health_check``, ``ping`` or the like says, if it has one, see `adapt`.

    A reload in place cleans the instance up and initializes it again. With another config, another one is built.

    A copy and a pickle hold what the class has put into the instance; they belong to no manager.
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
        state: Any  # pyright: ignore[reportIncompatibleMethodOverride]

    _built: _Built | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super(Provider, self).__init__(*args, **kwargs)  # as if this class and `Provider` were not there

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        config = vars(cls).get("config")
        if isinstance(config, property) and config.fset is None:  # Purveyor keeps it settable
            cls.config = config.setter(_set_config)
        get_state = vars(cls).get("__getstate__")
        if inspect.isfunction(get_state):  # it may give a copy of __dict__
            cls.__getstate__ = _for_copies(get_state)  # type: ignore[method-assign]

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
        arguments = self._built.again()
        if arguments is None:
            what = "being built again: what its constructor was given is gone"
            raise UnsupportedError(self._provider_name, what, 'provider_reload = "swap", by which that is kept')
        args, kwargs = arguments
        following = type(self)(*args, **kwargs)
        object.__setattr__(following, "_metadata", self.metadata)
        return following

    def __getstate__(self) -> object:
        return without(super().__getstate__(), _made(self))

    def __repr__(self) -> str:
        return super(Provider, self).__repr__()

    @property
    def _provider_name(self) -> str:
        return str(_metadata(self).name)

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


class _Check:
    """`Provider.check`: what the class's own check answers, or the default, where it has none."""

    def __get__(self, provider: Any, owner: type) -> Any:
        ask = Provider.check if find_check(owner, _OWN_CHECKS) is None else _ask
        return ask if provider is None else MethodType(ask, provider)


#: A class that writes `check` itself writes that of a provider.
_OWN_CHECKS = tuple(name for name in CHECKS if name != "check")


async def _ask(provider: LegacyProvider[Any]) -> Health:
    name = find_check(type(provider), _OWN_CHECKS)
    assert name is not None
    answer = without_lease(getattr(provider, name))()  # a check waits for no operation, and is none
    return health_of(await answer if inspect.isawaitable(answer) else answer)


def _metadata(provider: LegacyProvider[Any]) -> ProviderMetadata:
    """Who the provider is; made from the class where it was built with its own arguments."""
    if "_metadata" not in vars(provider):  # it was made without being called: copied, or by __new__
        object.__setattr__(provider, "_metadata", provider._own_metadata())
    return provider._metadata


for _name in ("status", "health", "current", "config", "state"):
    setattr(LegacyProvider, _name, _Yields(vars(Provider)[_name].fget))
setattr(LegacyProvider, "check", _Check())  # noqa: B010 - to a type checker they stay what they are
setattr(LegacyProvider, "metadata", _Yields(_metadata))  # noqa: B010
del _name
LegacyProvider.__annotations__ = {}  # as for `Provider`


class _Built:
    """The arguments that an instance was built with, for the one that is to follow it.

    A constructor that takes its dictionary or list apart leaves nothing for another one, so a copy is kept of what
    it has changed. What it has not is handed on itself: it may be meant to be shared.

    What is more than a value, such as who owns the instance, is not kept alive, unless instances are to follow.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, keep: bool) -> None:
        hold = _kept if keep else _held
        self._args = tuple(map(hold, args))
        self._kwargs = {name: hold(value) for name, value in kwargs.items()}
        self._copies: dict[int | str, Any] = {
            key: value.copy() for key, value in self._all() if type(value) in (dict, list)
        }

    def forget_copies(self) -> None:
        """Of what the constructor has left as it was."""
        for key, value in self._all():
            if key in self._copies and _is_same(value, self._copies[key]):
                del self._copies[key]

    def again(self) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """The arguments as they were; None if one of them is gone."""
        values = dict(self._all())
        held: list[tuple[int | str, Any]] = [*enumerate(self._args), *self._kwargs.items()]
        if any(isinstance(hold, weakref.ref) and values[key] is None for key, hold in held):
            return None
        now = {key: self._copies[key].copy() if key in self._copies else value for key, value in values.items()}
        return tuple(now[place] for place in range(len(self._args))), {name: now[name] for name in self._kwargs}

    def _all(self) -> list[tuple[int | str, Any]]:
        return [
            *((place, hold()) for place, hold in enumerate(self._args)),
            *((name, hold()) for name, hold in self._kwargs.items()),
        ]

    def __reduce__(self) -> Any:
        return _nothing, ()  # a copy of the instance has none: they may be what cannot be copied


def _kept(value: Any) -> Callable[[], Any]:
    return lambda: value


def _held(value: Any) -> Callable[[], Any]:
    """What gives a value; what is more than that only as long as somebody else has it."""
    kind = type(value)
    is_config = kind.__name__.endswith(("Config", "Configuration", "Namespace", "Options", "Settings"))
    if not (is_config or dataclasses.is_dataclass(kind) or hasattr(kind, "model_fields")):
        with suppress(TypeError):  # a number, a text, a dictionary
            return weakref.ref(value)
    return _kept(value)


def settings(config: Any, /, **keys: str) -> dict[str, Any]:
    """A typed config as the dictionary that a legacy constructor takes.

    Args:
        config: A dataclass: its fields that are not None, secrets in clear, since legacy code reads them. A
            pydantic model: what it was given, under the aliases of its fields, also in models inside of it;
            secrets as the model has them. A mapping: a copy of it.
        **keys: By which key the constructor reads what the config calls otherwise, since a provider's table has
            that key for itself: ``settings(config, type_="type")``.

    Returns:
        A new dictionary. What is left out gets the constructor's own default.
    """
    if dataclasses.is_dataclass(config):
        fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config) if field.init}
        values = {name: _revealed(value) for name, value in fields.items() if value is not None}
    else:
        values = _given(config) if hasattr(config, "model_fields_set") else dict(config)
    return {keys.get(name, name): value for name, value in values.items()} if keys else values


def provider_name_of(class_name: str) -> str:
    """A provider's name made from its class's: ``LocalMemoryProvider`` gives ``"local_memory"``."""
    stem = class_name.removesuffix("Provider").strip("_") or class_name.strip("_") or class_name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", stem).lower()


def _given(value: Any) -> Any:
    """What a model was built from; `model_dump` gives the aliases of another model, for what is written."""
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(map(_given, value))
    if type(value) is dict:
        return {key: _given(each) for key, each in value.items()}
    if not hasattr(value, "model_fields_set"):
        return value
    fields, by_alias = type(value).model_fields, value.model_config.get("validate_by_alias") is not False
    given = {
        _alias(name, field) if by_alias else name: _given(getattr(value, name))
        for name, field in fields.items()
        if name in value.model_fields_set
    }
    return given | (value.model_extra or {})


def _alias(name: str, field: Any) -> str:
    """The key under which a model takes a field."""
    alias = field.validation_alias
    choices = [alias] if isinstance(alias, str) else getattr(alias, "choices", ())
    return next((each for each in choices if isinstance(each, str)), name)


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


def _signature(constructor: Any, cls: type) -> inspect.Signature:
    """That of a constructor without its first parameter."""
    if isinstance(constructor, inspect.Signature):
        return constructor
    function = getattr(constructor, "__func__", constructor)  # __new__ is a static method
    try:
        return inspect.signature(function.__get__(cls))
    except (TypeError, ValueError):  # it does not tell
        raise AttributeError("__signature__") from None


def _for_copies(get_state: Callable[[Any], object]) -> Any:
    @functools.wraps(get_state)
    def get(self: LegacyProvider[Any]) -> object:
        return without(get_state(self), HELD | _made(self))

    return get


def _made(provider: LegacyProvider[Any]) -> frozenset[str]:
    """The attributes that an instance got as it was built, and that another one gets from its class."""
    if vars(provider).get("_metadata") == provider._own_metadata():
        return frozenset({"_built", "_metadata"})
    return frozenset({"_built"})


def _is_same(value: Any, copy: Any) -> bool:
    """Whether a dictionary or list holds the very objects that its copy does."""
    if len(value) != len(copy):
        return False
    if isinstance(value, dict):
        return all(key in value and value[key] is each for key, each in copy.items())
    return all(map(operator.is_, value, copy))


def _nothing() -> None:
    return None
