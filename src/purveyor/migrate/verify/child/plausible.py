"""Values made up for parameters that nobody gave: from their annotation, or from their name."""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

from purveyor.migrate.verify.child.specs import reference

if TYPE_CHECKING:
    from purveyor.migrate.verify.child.specs import Spec

__all__ = ["CannotMakeUpError", "MakeUp", "fields_of", "hints_of", "signature_of"]

_ANYTHING = (inspect.Parameter.empty, Any, object)
#: Classes within classes that are built.
_DEEP = 4
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

_PATHS = (
    "path",
    "file",
    "filename",
    "filepath",
    "dir",
    "directory",
    "folder",
    "root",
    "location",
    "db",
    "database",
)
_NUMBERS = (
    "ttl",
    "timeout",
    "limit",
    "size",
    "count",
    "port",
    "max",
    "min",
    "num",
    "n",
    "k",
    "top",
    "interval",
    "seconds",
    "index",
    "offset",
    "priority",
    "capacity",
    "length",
    "retries",
    "batch",
)
_FLAGS = ("is", "use", "enable", "enabled", "has", "with", "verbose", "debug")
_TABLES = (
    "config",
    "configuration",
    "settings",
    "options",
    "opts",
    "params",
    "metadata",
    "headers",
    "kwargs",
    "context",
    "extra",
    "conf",
    "labels",
)
_LISTS = (
    "items",
    "keys",
    "values",
    "documents",
    "messages",
    "texts",
    "names",
    "ids",
    "tags",
    "entries",
    "records",
)
_TEXTS = {
    "url": "http://127.0.0.1:9/",
    "uri": "http://127.0.0.1:9/",
    "endpoint": "http://127.0.0.1:9/",
    "host": "127.0.0.1",
    "key": "key",
    "name": "name",
    "value": "value",
    "id": "id",
    "encoding": "utf-8",
    "level": "INFO",
    "format": "json",
    "language": "en",
    "lang": "en",
    "email": "person@example.com",
    "pattern": "*",
}
_SIMPLE: dict[Any, Spec] = {
    bytes: {"$call": "builtins:bytes.fromhex", "args": ["6578616d706c65"]},
    bytearray: {"$call": "builtins:bytearray.fromhex", "args": ["6578616d706c65"]},
    type(None): None,
    None: None,
    UUID: {"$call": "uuid:UUID", "args": ["00000000-0000-4000-8000-000000000001"]},
    Decimal: {"$call": "decimal:Decimal", "args": ["1"]},
    dt.datetime: {"$call": "datetime:datetime", "args": [2024, 1, 2, 3, 4, 5]},
    dt.date: {"$call": "datetime:date", "args": [2024, 1, 2]},
    dt.timedelta: {"$call": "datetime:timedelta", "kwargs": {"seconds": 60}},
}
_SIMPLE_NAMES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "bytes": bytes,
    "dict": dict,
    "list": list,
    "Dict": dict,
    "List": list,
    "Any": Any,
    "Path": Path,
    "None": None,
}


class CannotMakeUpError(Exception):
    """There is no plausible value; the text says for what."""


class MakeUp:
    """Makes values up.

    Args:
        keys: What tables of settings are asked for by the class in question: its keys, each with its type as text,
            which may be empty.
        build: Gives the arguments for a class at a depth, where they are known; None for any other.
    """

    def __init__(
        self,
        keys: Mapping[str, str] | None = None,
        build: Callable[[type, int], dict[str, Any] | None] = lambda cls, depth: None,
    ) -> None:
        self._build = build
        self._settings: dict[str, Spec] = {}
        self._settings = {key: self._setting(key, annotation) for key, annotation in (keys or {}).items()}

    def arguments(self, function: Callable[..., Any], *, bound: bool = False, depth: int = 0) -> dict[str, Any]:
        """What a call of a function is given: what it requires, as ``args`` and ``kwargs``.

        Args:
            function: A function, or a class.
            bound: Whether its first parameter is the object, and not to be given.
            depth: How many classes are being built around this.

        Raises:
            CannotMakeUpError: There is no value for one of its parameters.
        """
        try:
            parameters = list(signature_of(function).parameters.values())[1 if bound else 0 :]
        except (ValueError, TypeError):
            raise CannotMakeUpError(f"{function!r} has no signature") from None
        hints = hints_of(function.__init__ if inspect.isclass(function) else function)
        call: dict[str, Any] = {"args": [], "kwargs": {}}
        for parameter in parameters:
            if parameter.kind in _VARIADIC or parameter.default is not parameter.empty:
                continue
            value = self.typed(hints.get(parameter.name, parameter.annotation), parameter.name, depth)
            if parameter.kind is parameter.KEYWORD_ONLY:
                call["kwargs"][parameter.name] = value
            else:
                call["args"].append(value)
        return call

    def typed(self, annotation: Any, name: str, depth: int = 0) -> Spec:
        """A value for a parameter or a field.

        Args:
            annotation: Its type; a text where it could not be resolved.
            name: Its name.
            depth: How many classes are being built around this.

        Raises:
            CannotMakeUpError: There is none.
        """
        if isinstance(annotation, str):
            annotation = _SIMPLE_NAMES.get(
                annotation.partition("[")[0].strip("'\" ").rpartition(".")[2], annotation
            )
        if annotation in _ANYTHING or isinstance(annotation, TypeVar):
            return self.named(name)
        if annotation in _SIMPLE:
            return _SIMPLE[annotation]
        origin, parts = get_origin(annotation), get_args(annotation)
        if origin is not None:
            return self._generic(origin, parts, name, depth)
        if not isinstance(annotation, type):
            raise CannotMakeUpError(f"{name}: {annotation!r} is no class that is known")
        return self._instance(annotation, name, depth)

    def named(self, name: str) -> Spec:
        """A value for something of which only the name is known."""
        words = name.lower().strip("_").split("_")
        if words[-1] in _TABLES:
            return dict(self._settings)
        if words[-1] in _LISTS:
            return ["example"]
        if words[-1] in _PATHS:
            return {"$path": name}
        if words[0] in _FLAGS:
            return False
        if words[-1] in _NUMBERS or words[0] in _NUMBERS:
            return 1
        return _TEXTS.get(words[-1], "example")

    def _setting(self, key: str, annotation: str) -> Spec:
        try:
            return self.typed(annotation or Any, key)
        except CannotMakeUpError:
            return self.named(key)

    def _generic(  # noqa: PLR0911 - one a kind of type
        self, origin: Any, parts: tuple[Any, ...], name: str, depth: int
    ) -> Spec:
        if origin in {Union, types.UnionType}:
            return self._one_of(parts, name, depth)
        if origin is Literal:
            return parts[0]
        if origin is typing.Annotated:
            return self.typed(parts[0], name, depth)
        if origin is tuple:
            elements = [self.typed(part, name, depth) for part in parts if part is not Ellipsis]
            return {"$call": "builtins:tuple", "args": [elements]}
        if issubclass(origin, Mapping):
            if depth == 0 and name.lower().strip("_").split("_")[-1] not in _TABLES:
                key, value = self.typed(parts[0], "key", depth), self.typed(parts[-1], "value", depth)
                return {key: value} if isinstance(key, str) else {}
            return dict(self._settings)
        if issubclass(origin, AbstractSet):
            return {"$call": "builtins:set", "args": [[self.typed(parts[0], name, depth)]]}
        if origin in {list, Sequence, Iterable} or issubclass(origin, Sequence):
            return [self.typed(parts[0], name, depth)]
        if origin is type or origin is Callable:
            raise CannotMakeUpError(f"{name}: a {'class' if origin is type else 'function'} cannot be made up")
        return self._instance(origin, name, depth)

    def _one_of(self, parts: tuple[Any, ...], name: str, depth: int) -> Spec:
        failures: list[CannotMakeUpError] = []
        for part in sorted(parts, key=lambda part: part is type(None)):  # None is the last resort
            try:
                return self.typed(part, name, depth)
            except CannotMakeUpError as error:
                failures.append(error)
        raise failures[0]

    def _instance(self, cls: type, name: str, depth: int) -> Spec:  # noqa: PLR0911 - one a kind of class
        if cls is str:
            value = self.named(name)
            return value if isinstance(value, str) or (isinstance(value, dict) and "$path" in value) else "example"
        if cls in {bool, int, float}:
            return cls(1) if cls is not bool else False
        if cls in {dict, list, Mapping, MutableMapping, Sequence, Iterable}:
            return dict(self._settings) if issubclass(cls, Mapping) else []
        if cls in {tuple, set, frozenset}:
            return {"$call": f"builtins:{cls.__name__}"}
        if issubclass(cls, PurePath):
            return {"$call": "pathlib:Path", "args": [{"$path": name}]}
        if issubclass(cls, Enum):
            return {"$call": reference(cls), "args": [next(iter(cls)).value]}
        if typing.is_typeddict(cls):
            required = sorted(getattr(cls, "__required_keys__"))  # noqa: B009 - type checkers do not know it
            hints = hints_of(cls)
            return {key: self.typed(hints.get(key, Any), key, depth + 1) for key in required}
        if depth == _DEEP or inspect.isabstract(cls) or getattr(cls, "_is_protocol", False):
            raise CannotMakeUpError(f"{name}: a {cls.__qualname__} cannot be made up")
        if cls.__module__ == "builtins" or "<locals>" in cls.__qualname__:
            raise CannotMakeUpError(f"{name}: {cls!r} cannot be made up")
        return {"$call": reference(cls), **self._construction(cls, depth + 1)}

    def _construction(self, cls: Any, depth: int) -> dict[str, Any]:
        known = self._build(cls, depth)
        if known is not None:
            return known
        fields = fields_of(cls)
        if fields is None:
            return self.arguments(cls, depth=depth)
        kwargs = {
            name: self.typed(annotation, name, depth) for name, (annotation, needed) in fields.items() if needed
        }
        if "config" in fields and self._settings:  # a generic config, around the settings proper
            kwargs["config"] = dict(self._settings)
        return {"args": [], "kwargs": kwargs}


def fields_of(cls: Any) -> dict[str, tuple[Any, bool]] | None:
    """The fields of a dataclass or a pydantic model: their types, and whether they must be given.

    Args:
        cls: A class; None is returned if it is neither.
    """
    model_fields = getattr(cls, "model_fields", None)
    if isinstance(model_fields, dict):
        return {name: (field.annotation, field.is_required()) for name, field in model_fields.items()}
    if not dataclasses.is_dataclass(cls):
        return None
    hints, missing = hints_of(cls), dataclasses.MISSING
    return {
        field.name: (hints.get(field.name, Any), field.default is missing and field.default_factory is missing)
        for field in dataclasses.fields(cls)
        if field.init
    }


def hints_of(owner: Any) -> dict[str, Any]:
    """The types of what a function or a class takes, as far as they can be resolved."""
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except Exception:  # names that exist for a type checker only, and whatever else annotations do
        if sys.version_info >= (
            3,
            14,
        ):  # pragma: no cover - there annotations are computed when they are asked for
            from annotationlib import Format, get_annotations  # noqa: PLC0415 - as above

            return get_annotations(owner, format=Format.STRING)
        return dict(getattr(owner, "__annotations__", {}))


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """A signature, also where names of annotations exist for a type checker only."""
    if sys.version_info >= (3, 14):  # pragma: no cover - as above
        from annotationlib import Format  # noqa: PLC0415 - as above

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)
