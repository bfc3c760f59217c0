"""The operations of a legacy class, as methods of a provider's class."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from purveyor.errors import InvalidInputError, near_misses
from purveyor.migrate.adapting.calls import late_operation
from purveyor.migrate.methods import find_attribute, find_method, is_coroutine_function, needs_arguments
from purveyor.migrate.words import LIFECYCLE_NAMES
from purveyor.operations import operation

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Iterable

    from purveyor.migrate.adapting.provider import Adapted

__all__ = ["Sync", "add_operations", "add_special_methods", "find_operations"]

#: What a plain call of a plain method does: wait for the provider's thread, be awaitable, or run where it is.
Sync: TypeAlias = Literal["wait", "await", "inline"]

#: What Python looks up on the class of an object, so that ``store["key"]`` and ``"key" in store`` work as well.
_SPECIAL = (
    "__len__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__contains__",
    "__iter__",
    "__call__",
    "__aiter__",
)

_END: Any = object()


def find_operations(
    cls: type | None, given: Iterable[str] | None, taken: Collection[str], instance: object = None
) -> tuple[str, ...]:
    """The names of the methods that are operations, sorted unless they are given.

    Args:
        cls: The legacy class; None if it is not known yet.
        given: The names, if they were given; otherwise all public methods that are none of the lifecycle.
        taken: Names that a provider needs for itself.
        instance: The legacy object, if there is one: it may have methods that its class has not.

    Raises:
        InvalidInputError: A name that was given is taken, private, or there is no method of this name.
    """
    if given is None:
        return tuple(name for name in dir(cls) if _is_operation(cls, name, taken)) if cls is not None else ()
    if isinstance(given, str):
        raise InvalidInputError("operations", "is one string, not several", f"write operations=[{given!r}]")
    names = tuple(dict.fromkeys(given))
    for name in names:
        if name in taken or name.startswith("_"):
            problem = f"{name!r} is a provider's own" if name in taken else f"{name!r} is private"
            raise InvalidInputError("operations", problem, "call it on the provider's `legacy` object")
        if cls is not None and not (hasattr(cls, "__getattr__") or hasattr(cls, name) or hasattr(instance, name)):
            near = near_misses(name, [each for each in dir(cls) if not each.startswith("_")])
            advice = f"did you mean {near[0]!r}?" if near else None
            raise InvalidInputError("operations", f"{cls.__qualname__} has no method {name!r}", advice)
    return names


def add_operations(
    adapted: type[Adapted],
    cls: type,
    names: Iterable[str],
    sync: Sync,
    idempotent: Collection[str],
    legacy: object,
) -> None:
    """Give a provider's class the operations of a legacy class; one that it has stays.

    Args:
        adapted: The provider's class.
        cls: The legacy class.
        names: The operations.
        sync: How plain methods are called.
        idempotent: Which operations may be tried again.
        legacy: The legacy object, if there is one.
    """
    for name in names:
        if name not in vars(adapted):
            found = find_method(cls, name) or getattr(cls, name, None) or getattr(legacy, name, None)
            setattr(adapted, name, _operation(name, found, sync, name in idempotent))


def add_special_methods(adapted: type[Adapted], cls: type) -> None:
    """Have what Python looks up on classes, such as ``__getitem__``, found on the provider's as well."""
    for name in _SPECIAL:
        if name not in vars(adapted) and find_method(cls, name) is not None:
            setattr(adapted, name, _plain(name))


def _is_operation(cls: type, name: str, taken: Collection[str]) -> bool:
    if name.startswith("_") or name in taken:
        return False
    method = find_attribute(cls, name)
    return inspect.isroutine(method) and not (
        isinstance(method, (staticmethod, classmethod))
        or (name in LIFECYCLE_NAMES and not needs_arguments(method))
    )


def _operation(name: str, legacy: Any, sync: Sync, idempotent: bool) -> Any:
    """An operation that calls the legacy method of this name, and looks like it."""
    mark: Callable[..., Any] = operation(idempotent=idempotent)
    if is_coroutine_function(legacy):
        call = _coroutine(name)
    elif inspect.isasyncgenfunction(legacy):
        call = _async_generator(name)
    elif sync != "await":
        call, mark = _plain(name), functools.partial(late_operation, idempotent=idempotent)
    elif inspect.isgeneratorfunction(legacy):
        call = _awaited_generator(name)
    else:
        call = _awaited(name)
    if inspect.isroutine(legacy):
        functools.update_wrapper(call, legacy)
    call.__name__ = name  # not that of a decorator's inner function, or of an alias
    return mark(call)


def _coroutine(name: str) -> Any:
    async def call(self: Adapted, /, *args: Any, **kwargs: Any) -> Any:
        return await self._method(name)(*args, **kwargs)

    return call


def _async_generator(name: str) -> Any:
    async def call(self: Adapted, /, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = self._method(name)(*args, **kwargs)
        step = generator.__anext__()
        while True:
            try:
                item = await step
            except StopAsyncIteration:
                return
            try:
                sent = yield item
            except GeneratorExit:
                await generator.aclose()
                raise
            except BaseException as error:  # thrown in by the reader
                step = generator.athrow(error)
            else:
                step = generator.asend(sent)

    return call


def _plain(name: str) -> Any:
    def call(self: Adapted, /, *args: Any, **kwargs: Any) -> Any:
        return self._wait_for(functools.partial(self._method(name), *args, **kwargs))

    return call


def _awaited(name: str) -> Any:
    async def call(self: Adapted, /, *args: Any, **kwargs: Any) -> Any:
        return await self._run(functools.partial(self._method(name), *args, **kwargs))

    return call


def _awaited_generator(name: str) -> Any:
    async def call(self: Adapted, /, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = self._method(name)(*args, **kwargs)  # nothing of it runs yet
        try:
            while (item := await self._run(functools.partial(next, generator, _END))) is not _END:
                yield item
        finally:
            await self._run(generator.close, needed=True)

    return call
