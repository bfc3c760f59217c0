"""Which methods of a legacy class open it and close it, and how they are called."""

from __future__ import annotations

import functools
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from purveyor.errors import InvalidInputError, near_misses
from purveyor.migrate.legacy import LegacyProvider
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "LIFECYCLE_WORDS",
    "Lifecycle",
    "Step",
    "find_attribute",
    "find_lifecycle",
    "find_method",
    "named_step",
    "needs_arguments",
]

_OPEN_WORDS = ("initialize", "init", "setup", "start", "open", "connect", "load")
_CLOSE_WORDS = (
    "cleanup", "close", "aclose", "shutdown", "stop", "disconnect", "unload", "teardown", "dispose",
)  # fmt: skip


def _forms(word: str) -> tuple[str, ...]:
    """The names under which a word may go, those that say `async` first."""
    return f"async_{word}", f"{word}_async", f"a{word}", word


#: Every name under which a lifecycle method may go.
LIFECYCLE_WORDS = frozenset(name for word in (*_OPEN_WORDS, *_CLOSE_WORDS) for name in _forms(word))


class Step(NamedTuple):
    """A method of the lifecycle.

    Args:
        call: Runs it on the legacy object; what it gives may be an awaitable. What leaves a context manager takes
            an exception besides, its type first.
        is_async: Whether it belongs on the event loop rather than on a thread.
    """

    call: Callable[..., Any]
    is_async: bool


class Lifecycle(NamedTuple):
    """How a legacy object is opened and closed.

    Args:
        open: Opens it; None if there is nothing to do.
        close: Closes it, also if `open` has failed half-way; likewise.
        is_context: Whether they are the two sides of a context manager: then `open` gives what is to be used, and
            nothing is closed that could not be opened.
    """

    open: Step | None = None
    close: Step | None = None
    is_context: bool = False

    @property
    def is_sync(self) -> bool:
        """Whether there is one, and none of it is async."""
        steps = [step for step in (self.open, self.close) if step is not None]
        return bool(steps) and not any(step.is_async for step in steps)


def find_lifecycle(
    cls: type | None,
    open: str | Callable[..., Any] | None = None,
    close: str | Callable[..., Any] | None = None,
    instance: object = None,
) -> Lifecycle:
    """Find out how objects of a class are opened and closed.

    What is given holds. Otherwise the words are looked for in their order, of two forms of one word the async one
    is taken, and a method that needs arguments is none of the lifecycle. A context manager is used where nothing
    that closes has a name.

    Args:
        cls: The class; None if nothing is known of it yet.
        open: The name of the method that opens, or a callable, see `named_step`.
        close: Likewise for the one that closes.
        instance: The legacy object, if there is one.

    Raises:
        InvalidInputError: A method that is named does not exist, or needs arguments.
    """
    opens = named_step(cls, "open", open, instance) if open is not None else _found(cls, _OPEN_WORDS)
    closes = named_step(cls, "close", close, instance) if close is not None else _found(cls, _CLOSE_WORDS, opens)
    if open is not None or closes is not None:
        return Lifecycle(opens, closes)
    for enter, leave, is_async in (("__aenter__", "__aexit__", True), ("__enter__", "__exit__", False)):
        if find_method(cls, enter) is not None and find_method(cls, leave) is not None:
            return Lifecycle(
                Step(lambda legacy, name=enter: getattr(type(legacy), name)(legacy), is_async),
                Step(lambda legacy, *error, name=leave: getattr(type(legacy), name)(legacy, *error), is_async),
                is_context=True,
            )
    return Lifecycle(opens, closes)


def named_step(cls: type | None, argument: str, given: str | Callable[..., Any], instance: object = None) -> Step:
    """A step that was named, or is a callable.

    A callable that is bound to something (``legacy.connect``, or a `functools.partial` of it) or that takes no
    arguments is called as it is, any other with the legacy object.

    Args:
        cls: The class of the legacy object; None if it is not known.
        argument: What was named, for errors.
        given: The name, or the callable.
        instance: The legacy object, if there is one: it may have methods that its class has not.

    Raises:
        InvalidInputError: There is no such method, it needs arguments, or it is neither a name nor a callable.
    """
    if isinstance(given, str):
        method = find_method(cls, given)
        if method is None and cls is not None and not (hasattr(cls, "__getattr__") or hasattr(instance, given)):
            known = [name for name in dir(cls) if not name.startswith("_")]
            near = near_misses(given, known)
            advice = f"did you mean {near[0]!r}?" if near else "name a method, or give a callable of the object"
            raise InvalidInputError(argument, f"{cls.__qualname__} has no method {given!r}", advice)
        if method is not None and needs_arguments(method):
            raise InvalidInputError(
                argument,
                f"{given} needs arguments",
                f"bind them: {argument}=functools.partial({cls.__qualname__ if cls else 'Class'}.{given}, ...)",
            )
        return Step(lambda legacy: getattr(legacy, given)(), is_coroutine_function(method))
    if not callable(given):
        raise InvalidInputError(argument, f"is a {type(given).__name__}, not a name or a callable")
    if _is_bound(given) or not _takes_one(given):
        return Step(lambda _: given(), is_coroutine_function(given))
    return Step(given, is_coroutine_function(given))


def find_attribute(cls: type | None, name: str) -> Any:
    """What stands under a name in a class or its bases, as it is written there; None if nothing does."""
    for base in cls.__mro__ if cls is not None else ():  # inspect.getattr_static takes ten times as long
        if name in vars(base) and base not in (LegacyProvider, Provider):  # those of a converted base do nothing
            return vars(base)[name]
    return None


def find_method(cls: type | None, name: str) -> Any:
    """A method that instances of a class have; None for what is no method, or one of the class itself."""
    found = find_attribute(cls, name)
    if isinstance(found, (staticmethod, classmethod, property, type)):
        return None
    return found if callable(found) else None


def needs_arguments(method: Any) -> bool:
    """Whether a method of a class cannot be called with the object alone; not if it does not tell."""
    try:
        inspect.signature(method).bind(None)
    except TypeError:
        return True
    except ValueError:
        return False
    return False


def is_coroutine_function(function: Any) -> bool:
    """Whether calling something gives a coroutine, as far as can be seen."""
    call = getattr(type(function), "__call__", None)  # noqa: B004 - of an object that is called as a function is
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _found(cls: type | None, words: Sequence[str], partner: Step | None = None) -> Step | None:
    for word in words:
        names = [*_eligible(cls, word)]
        if partner is not None and not partner.is_async:  # of twins, the one of the same kind
            names.sort(key=lambda name: is_coroutine_function(find_method(cls, name)))
        if names:
            return named_step(cls, "open", names[0])
    return None


def _eligible(cls: type | None, word: str) -> Iterator[str]:
    for name in _forms(word):
        method = find_method(cls, name)
        if method is not None and not needs_arguments(method):
            yield name


def _is_bound(function: Any) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    owner = getattr(function, "__self__", None)
    return owner is not None and not inspect.ismodule(owner)


def _takes_one(function: Callable[..., Any]) -> bool:
    with suppress(ValueError):  # it does not tell
        try:
            inspect.signature(function).bind(None)
        except TypeError:
            return False
    return True
