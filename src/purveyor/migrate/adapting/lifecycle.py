"""Which methods of a legacy class open it and close it, and how they are called."""

from __future__ import annotations

import functools
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from purveyor.errors import InvalidInputError, near_misses
from purveyor.migrate.methods import find_method, is_coroutine_function, needs_arguments
from purveyor.migrate.words import OPENS, closes_for, forms, opening_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "Lifecycle",
    "Step",
    "find_lifecycle",
    "named_step",
]


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

    What is given holds. Otherwise the words are looked for in their order, those first that go with what opens; of
    two forms of one word the async one is taken, and a method that needs arguments is none of the lifecycle. A
    context manager is used where nothing that closes has a name.

    Args:
        cls: The class; None if nothing is known of it yet.
        open: The name of the method that opens, or a callable, see `named_step`.
        close: Likewise for the one that closes.
        instance: The legacy object, if there is one.

    Raises:
        InvalidInputError: A method that is named does not exist, or needs arguments.
    """
    given = _found(cls, OPENS) if open is None else open
    opens = None if given is None else named_step(cls, "open", given, instance)
    if close is None:
        close = _found(cls, closes_for(opening_word(given) if isinstance(given, str) else None), opens)
    closes = None if close is None else named_step(cls, "close", close, instance)
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


def _found(cls: type | None, words: Sequence[str], partner: Step | None = None) -> str | None:
    for word in words:
        names = [*_eligible(cls, word)]
        if partner is not None and not partner.is_async:  # of twins, the one of the same kind
            names.sort(key=lambda name: is_coroutine_function(find_method(cls, name)))
        if names:
            return names[0]
    return None


def _eligible(cls: type | None, word: str) -> Iterator[str]:
    for name in forms(word):
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
