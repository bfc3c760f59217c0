"""Any value as a tree of texts that can be compared between two processes.

A leaf is the value's `repr` without what differs from one process to the next (addresses, the sandbox's path). A
container is a dictionary with its kind as the only key. Nothing here raises on account of what a value does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from enum import Enum
from itertools import islice
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Canon", "Tree", "digest", "name_of"]

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

#: A text that is longer is told by its beginning, its length and its digest, in characters.
_LONG = 4_000
#: Elements of one container that are told.
_MANY = 1_000
#: Levels that are told.
_DEEP = 12

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")
_PLAIN = (str, bytes, bytearray, int, float, complex, bool, type(None))


class Canon:
    """Describes values.

    Args:
        sandbox: The path that is told as ``<sandbox>``.
        opaque: Classes whose instances are told by their name, as ``module:Class``: what they hold is their own
            business, and a converted class has another `repr`.
    """

    def __init__(self, sandbox: str, opaque: Iterable[str] = ()) -> None:
        self._sandbox = sandbox
        self._opaque = {name.replace(":", "."): name.rpartition(":")[2] for name in opaque}
        self._reprs = [
            (re.compile(rf"<(?:{re.escape(name)} object at 0x…|{re.escape(qualname)} '[^']*')>"), f"<{name}>")
            for name, qualname in self._opaque.items()
        ]

    def text(self, text: str) -> str:
        """A text without addresses and without the sandbox's path."""
        text = text.encode("utf-8", "backslashreplace").decode()
        text = _ADDRESS.sub("0x…", text.replace(self._sandbox, "<sandbox>"))
        for pattern, name in self._reprs:
            text = pattern.sub(name, text)
        if len(text) <= _LONG:
            return text
        return f"{text[:200]}… {len(text)} characters, sha256 {digest(text.encode())}"

    def error(self, error: BaseException) -> dict[str, Tree]:
        """An exception: its type, its message, and those that it groups."""
        try:
            message = str(error)
        except BaseException as broken:  # whatever a project's __str__ raises
            message = f"<its text cannot be made: {type(broken).__name__}>"
        told: dict[str, Tree] = {"type": name_of(type(error)), "message": self.text(message)}
        if isinstance(error, BaseExceptionGroup):
            told["errors"] = [self.error(each) for each in error.exceptions]
        return told

    def value(self, value: Any) -> Tree:
        """Any value."""
        return self._describe(value, ())

    def _describe(self, value: Any, above: tuple[int, ...]) -> Tree:
        cls = type(value)
        if cls in _PLAIN:
            return self.text(repr(value))
        if id(value) in above:
            return "<itself>"
        if len(above) == _DEEP:
            return f"<{name_of(cls)}>"
        try:
            return self._structure(value, cls, (*above, id(value)))
        except Exception as broken:  # whatever a project's class raises when it is looked at
            return f"<{name_of(cls)} that raises {type(broken).__name__} when it is looked at>"

    def _structure(self, value: Any, cls: type, above: tuple[int, ...]) -> Tree:
        name = self._name(value, cls)
        if name is not None:
            return name
        if isinstance(value, BaseException):
            return {"exception": self.error(value)}
        if isinstance(value, (list, tuple, set, frozenset, Mapping)):
            return {_kind(cls): self._elements(value, above)}
        return self._object(value, cls, above)

    def _name(self, value: Any, cls: type) -> str | None:
        """What stands for itself by its name."""
        if not self._opaque.keys().isdisjoint(map(name_of, cls.__mro__)):
            return f"<{name_of(cls)}>"
        if isinstance(value, (FunctionType, MethodType)):
            return f"<function {value.__module__}.{value.__qualname__}>"
        if isinstance(value, type):
            return f"<class {name_of(value)}>"
        if isinstance(value, ModuleType):
            return f"<module {value.__name__}>"
        return f"{name_of(cls)}.{value.name}" if isinstance(value, Enum) else None

    def _elements(self, value: Any, above: tuple[int, ...]) -> list[Tree]:
        if isinstance(value, Mapping):
            told: list[Tree] = [
                [self._describe(key, above), self._describe(each, above)]
                for key, each in islice(value.items(), _MANY)
            ]
        else:
            told = [self._describe(each, above) for each in islice(value, _MANY)]
        if isinstance(value, (set, frozenset)):
            told.sort(key=repr)
        return [*told, f"<{len(value) - _MANY} more>"] if len(value) > _MANY else told

    def _object(self, value: Any, cls: type, above: tuple[int, ...]) -> Tree:
        """Its attributes, for whoever has no better word for itself."""
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
        elif any("__repr__" in vars(each) for each in cls.__mro__[:-1]) or not hasattr(value, "__dict__"):
            return self.text(repr(value))
        else:
            names = sorted(vars(value))
        public = [name for name in names if not name.startswith("_")]
        told: list[Tree] = [[name, self._describe(getattr(value, name, "<unset>"), above)] for name in public]
        return {name_of(cls): told}


def name_of(cls: type) -> str:
    """A class's name with its module; without it, where it is built in."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def digest(data: bytes) -> str:
    """Enough of SHA-256 to tell contents apart."""
    return hashlib.sha256(data).hexdigest()[:16]


def _kind(cls: type) -> str:
    return cls.__name__ if cls.__module__ == "builtins" else name_of(cls)
