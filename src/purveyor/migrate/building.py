"""Providers built as legacy code builds them: by a class and a config in any form.

A legacy constructor wants its config as keywords, as a dictionary, or wrapped in a class of its own; its signature
says which.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Mapping
from pathlib import PurePath
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union

from purveyor.catalog import config_type
from purveyor.errors import ConstructionError
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.migrate.adapting import adapt
from purveyor.migrate.legacy import LegacyProvider
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["build", "constructor"]

#: How parameters are called that take a config as a whole.
_HOLDERS = frozenset({"cfg", "conf", "config", "configuration", "options", "settings"})
_HOLDING_CLASSES = ("Config", "Configuration", "Options", "Settings")
#: What is one value, and no config, however the parameter is called.
_VALUES = (str, bytes, int, float, PurePath)

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def build(
    cls: Callable[..., Any],
    config: Any,
    name: str,
    key: tuple[str, ...],
    *,
    in_initialize: bool,
    generic: Callable[..., Any] | None = None,
) -> Provider[Any]:
    """Build a provider of a class that was registered with a legacy registry.

    Args:
        cls: A `LegacyProvider`, another `Provider`, or a class or function that knows nothing of either.
        config: What it is asked for with.
        name: The provider's name.
        key: What the class was registered under, its capability first if there was one.
        in_initialize: Whether what is adapted is to be built by `initialize` only.
        generic: The class of generic configs.

    Raises:
        ConstructionError: The constructor takes something else.
    """
    is_legacy = inspect.isclass(cls) and issubclass(cls, LegacyProvider)
    if inspect.isclass(cls) and issubclass(cls, Provider) and not is_legacy:
        return _native(cls, config, name)
    make = constructor(cls, config, key[-1], generic)
    if not is_legacy:
        families = [each for each in ProviderType if each.value == key[0]]
        return adapt(make if in_initialize else make(), name=name, type=families[0] if families else None)
    provider: LegacyProvider[Any] = make()
    object.__setattr__(provider, "_metadata", dataclasses.replace(provider.metadata, name=name))
    return provider


def constructor(
    cls: Callable[..., Any], config: Any, name: str, generic: Callable[..., Any] | None = None
) -> functools.partial[Any]:
    """Bind a config to a legacy class, in the form that its constructor takes.

    Args:
        cls: The class, or a function that builds.
        config: A mapping, None for an empty one, or an object that is handed on as it is.
        name: What a generic config is told as its name and type, if it asks for them.
        generic: The class of generic configs, ``generic(config={...})``, for parameters that do not say what they
            are.

    Returns:
        What builds it when it is called.

    Raises:
        ConstructionError: The constructor takes something else.
    """
    parameters = _parameters(cls)
    if parameters is None:  # it does not tell
        return functools.partial(cls, **config) if isinstance(config, Mapping) else functools.partial(cls, config)
    takes = {each.name for each in parameters if each.kind not in _VARIABLE}
    if config is not None and not isinstance(config, Mapping):
        if not any(each.kind in (*_POSITIONAL, inspect.Parameter.VAR_POSITIONAL) for each in parameters):
            raise _refused(cls, parameters, {})
        return functools.partial(cls, config)
    given: dict[str, Any] = dict(config or {})
    holder = _holder(cls, parameters)
    if holder is not None and holder.name not in given:
        if not given and holder.default is not inspect.Parameter.empty:
            return functools.partial(cls)
        value = _wrapped(cls, holder, given, name, generic)
        if holder.kind in _POSITIONAL:
            return functools.partial(cls, value)
        return functools.partial(cls, **{holder.name: value})
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    missing = {each.name for each in parameters if _is_required(each)} - set(given)
    if missing or not (takes_any or set(given) <= takes):
        raise _refused(cls, parameters, given)
    return functools.partial(cls, **given)


def _parameters(cls: Callable[..., Any]) -> list[inspect.Parameter] | None:
    function: Any = cls
    if inspect.isclass(cls):
        function = cls.__init__
        if function is LegacyProvider.__init__ or (function is object.__init__ and cls.__new__ is object.__new__):
            return []
        if not inspect.isfunction(function):
            function = cls
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return None
    return parameters if function is cls else parameters[1:]


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.kind not in _VARIABLE and parameter.default is inspect.Parameter.empty


def _holder(cls: Callable[..., Any], parameters: list[inspect.Parameter]) -> inspect.Parameter | None:
    """The parameter that takes the config as a whole, if there is one and no other is required."""
    for parameter in parameters:
        if parameter.kind not in _VARIABLE:
            kind = _annotated(cls, parameter)
            word = parameter.name.rpartition("_")[2]
            if kind is not None and issubclass(kind, _VALUES):
                continue
            if word in _HOLDERS or (kind is not None and kind.__name__.endswith(_HOLDING_CLASSES)):
                others = [each for each in parameters if each is not parameter and _is_required(each)]
                return None if others else parameter
    return None


def _wrapped(
    cls: Callable[..., Any],
    holder: inspect.Parameter,
    given: dict[str, Any],
    name: str,
    generic: Callable[..., Any] | None,
) -> Any:
    kind: Any = _annotated(cls, holder)
    if kind is None or kind is object:
        return given if generic is None else generic(config=given)
    if issubclass(kind, Mapping):
        return given
    try:
        fields = inspect.signature(kind).parameters
    except (TypeError, ValueError):  # it does not tell
        raise _refused(cls, [holder], given) from None
    if "config" in fields and not set(given) <= set(fields):
        own = {
            each: name
            for each in ("name", "type", "provider_type")
            if each in fields and _is_required(fields[each])
        }
        return kind(config=given, **own)
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in fields.values())
    missing = {each.name for each in fields.values() if _is_required(each)} - set(given)
    if missing or not (takes_any or set(given) <= set(fields)):
        raise _refused(kind, [*fields.values()], given)
    return kind(**given)


def _annotated(cls: Callable[..., Any], parameter: inspect.Parameter) -> type | None:
    """The class that a parameter is annotated with, None aside; None if it is no class, or cannot be told."""
    annotation = parameter.annotation
    if isinstance(annotation, str):
        try:
            annotation = typing.get_type_hints(cls.__init__ if inspect.isclass(cls) else cls)[parameter.name]
        except Exception:  # the names of annotations may be there for type checkers only
            return None
    while (origin := typing.get_origin(annotation)) in (Annotated, Union, UnionType):
        annotation = next(each for each in typing.get_args(annotation) if each is not NoneType)
    annotation = origin or annotation
    # Any is a class to Python 3.11.
    return annotation if inspect.isclass(annotation) and annotation not in (Any, inspect.Parameter.empty) else None


def _refused(cls: Callable[..., Any], parameters: list[inspect.Parameter], given: Mapping[str, Any]) -> Exception:
    # Without annotations and defaults: those may be anything.
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]
    shown = ", ".join(str(each).partition("=")[0].strip() for each in bare)
    return ConstructionError(getattr(cls, "__qualname__", str(cls)), f"({shown})", tuple(map(str, given)))


def _native(cls: type[Provider[Any]], config: Any, name: str) -> Provider[Any]:
    """Build a class that never was a legacy one, from metadata and config."""
    metadata = ProviderMetadata(
        name=name,
        type=cls.provider_type,
        description=(cls.__doc__ or "").strip().partition("\n")[0],
        version=cls.provider_version,
        capabilities=list(cls.provider_capabilities),
    )
    kind = config_type(cls)
    if inspect.isclass(kind) and not issubclass(kind, Mapping) and (config is None or isinstance(config, Mapping)):
        config = kind(**(config or {}))
    return cls(metadata, config)
