"""What a class is by what it descends from: an error, a protocol, a data model, a part of something else."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.source.project import ClassFacts, External, Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Descent", "descent_of", "external_names", "is_model", "missing_bases"]

#: ``"model"``: fields with types (pydantic, msgspec, typed dictionaries, dataclasses, ...); ``"fixed"``: a kind of
#: its own that no provider is (an enum, a thread, a test, a log handler, a metaclass); ``"container"``: a
#: dictionary or list with something added; ``"purveyor"``: a provider of Purveyor's already.
Descent: TypeAlias = Literal["error", "protocol", "model", "fixed", "container", "purveyor"]

_ERRORS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)
_BUILTINS = frozenset(name for name, value in vars(builtins).items() if isinstance(value, type)) - {"object"}
_CONTAINERS = frozenset({"dict", "list", "set", "tuple", "frozenset"})
_CONTAINER_MODULES = ("collections.",)

#: Bases that say nothing of what a class is.
_NEUTRAL = frozenset(
    {
        "object",
        "abc.ABC",
        "contextlib.AbstractAsyncContextManager",
        "contextlib.AbstractContextManager",
        "contextlib.AsyncContextDecorator",
        "contextlib.ContextDecorator",
        "types.SimpleNamespace",
    }
)
_TYPED = frozenset({"NamedTuple", "TypedDict"})
_MODELS = ("pydantic.", "pydantic_settings.", "msgspec.", "sqlmodel.", "attrs.", "attr.")
_MODEL_DECORATORS = frozenset(
    {
        "dataclasses.dataclass", "dataclass", "pydantic.dataclasses.dataclass",
        "attr.s", "attr.attrs", "attr.define", "attr.frozen", "attr.mutable",
        "attrs.define", "attrs.frozen", "attrs.mutable", "attrs.s",
    }
)  # fmt: skip
_TYPING = ("typing.", "typing_extensions.", "_typeshed.")
_STANDARD = frozenset(sys.stdlib_module_names)

#: Whose classes are windows and what stands in them.
_ON_SCREEN = frozenset(
    {
        "PyQt5", "PyQt6", "PySide2", "PySide6", "arcade", "customtkinter", "gi", "kivy", "pygame", "pyglet",
        "textual", "toga", "urwid", "wx",
    }
)  # fmt: skip

#: Classes of the standard library that are a kind of their own, also when it is the standard library that is read.
_FIXED_IN_TREE = frozenset(
    {
        "asyncio.events.AbstractEventLoop", "asyncio.events.AbstractServer", "asyncio.events.Handle",
        "asyncio.protocols.BaseProtocol", "asyncio.transports.BaseTransport",
        "concurrent.futures._base.Executor", "enum.Enum", "io.IOBase", "_pyio.IOBase", "logging.Filterer",
        "multiprocessing.process.BaseProcess", "socketserver.BaseRequestHandler", "socketserver.BaseServer",
        "threading.Thread", "unittest.case.TestCase", "unittest.suite.BaseTestSuite",
    }
)  # fmt: skip


def descent_of(facts: ClassFacts) -> Descent | None:
    """What a class is by its ancestors; None if they do not say."""
    names = list(external_names(facts))
    if not _ERRORS.isdisjoint(names) or any(map(_is_error_elsewhere, (*names, *missing_bases(facts)))):
        return "error"
    if any(_last(base) == "Protocol" and _in_typing(base) for base in _direct_externals(facts)):
        return "protocol"
    if any(name.startswith("purveyor.") and name.endswith("Provider") for name in names):
        return "purveyor"
    if is_model(facts):
        return "model"
    kinds = {_kind_of_base(name) for name in names} | {
        "fixed"
        for owner in facts.mro
        if isinstance(owner, ClassFacts) and f"{owner.file.module}.{owner.qualname}" in _FIXED_IN_TREE
    }
    if "fixed" in kinds:
        return "fixed"
    return "container" if "container" in kinds else None


def is_model(facts: ClassFacts) -> bool:
    """Whether a class is a list of typed fields: a data class, a pydantic model, a typed dictionary or tuple."""
    for owner in facts.mro:
        if isinstance(owner, ClassFacts):
            if any(decorator.partition("(")[0] in _MODEL_DECORATORS for decorator in owner.decorators):
                return True
        elif isinstance(owner, External):
            if owner.qualified.startswith(_MODELS):
                return True
            if _in_typing(owner.qualified) and _last(owner.qualified) in _TYPED:
                return True
    return False


def external_names(facts: ClassFacts) -> Iterator[str]:
    """The qualified names of the ancestors outside the tree; builtins without their module."""
    for owner in facts.mro:
        if isinstance(owner, External):
            yield owner.qualified.removeprefix("builtins.")


def missing_bases(facts: ClassFacts) -> tuple[str, ...]:
    """The ancestors of which nothing is known: not found, or of no module of the standard library."""
    found: list[str] = []
    for owner in facts.mro:
        if isinstance(owner, Unresolved):
            found.append(owner.name)
        elif isinstance(owner, External):
            name = owner.qualified.removeprefix("builtins.")
            if name not in _BUILTINS and name != "object" and name.partition(".")[0] not in _STANDARD:
                found.append(name)
    return tuple(found)


def _direct_externals(facts: ClassFacts) -> Iterator[str]:
    for base in facts.bases:
        if isinstance(base.resolved, External):
            yield base.resolved.qualified


def _kind_of_base(name: str) -> Descent | None:
    if name in _CONTAINERS or name.startswith(_CONTAINER_MODULES):
        return "container"
    if name in _BUILTINS:
        return "fixed"
    if name in _NEUTRAL or _in_typing(name):
        return None
    return "fixed" if name.partition(".")[0] in (_STANDARD | _ON_SCREEN) else None


def _is_error_elsewhere(name: str) -> bool:
    """Of a class outside the tree only the name is known."""
    return _last(name).endswith(("Error", "Exception", "Warning"))


def _in_typing(name: str) -> bool:
    return name.startswith(_TYPING)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
