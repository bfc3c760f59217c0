"""Operations of plain functions whose result may be still to come: an awaitable, a generator, an async iterator.

`purveyor.operations` knows what a function gives from how it is written. Of a legacy function that is not `async`
it cannot be known: it may hand on a coroutine or an iterator. So the lease that a call takes is held, and its time
runs, until what it gave is over.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Generator
from threading import get_ident
from time import perf_counter
from typing import TYPE_CHECKING, Any

from purveyor.lease import wrapper_codes
from purveyor.operations import _FORWARDED, OperationInfo, _bind, _wait_in_thread, record_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.lease import Gate
    from purveyor.provider import Provider

__all__ = ["late_operation"]

#: What may stand in the class of a result that is an awaitable or an async iterator, and nothing besides.
_BARE = frozenset({"aclose", "asend", "athrow", "close", "send", "throw"})
_GENERATORS = (types.GeneratorType, types.AsyncGeneratorType)


def late_operation(method: Callable[..., Any], *, idempotent: bool = False) -> Any:
    """As `purveyor.operation` for a plain function, measured until what it gives is over.

    A coroutine is measured until it returns, a generator until it is exhausted or closed, a future until it is
    done; so is an object that is an awaitable or an async iterator and has nothing else to it. All other results
    are handed on as they are.

    Args:
        method: The function.
        idempotent: Whether running it twice has the effect of running it once.
    """

    def operate(self: Provider[Any], /, *args: Any, **kwargs: Any) -> Any:
        call = _Call(self, method)
        gate = call.gate  # by this name those further in find out who holds a lease
        if gate.shut:
            call.wait()
            gate = call.gate
        try:
            result = call.run(self, *args, **kwargs)
        except BaseException as error:
            call.leave(error)
            raise
        late = _late(call, result)
        if late is None:
            call.leave()
            return result
        return late

    wrapper_codes.add(operate.__code__)
    info = OperationInfo(method.__name__, idempotent=idempotent, kind="function")
    method.__operation__ = operate.__operation__ = info  # type: ignore[attr-defined]
    return operate


class _Call:
    """One call: its lease and its time, from the beginning until `leave`, or until nobody holds what it gave."""

    __slots__ = ("_cell", "_method", "_over", "_provider", "_started", "gate", "run")

    def __init__(self, provider: Provider[Any], method: Any) -> None:
        self._over = True
        self._started = perf_counter()
        self._provider = provider
        self._method = method
        try:
            binding = provider._bindings[method][get_ident()]
        except KeyError:
            binding = _bind(provider, method)
        self._cell, _, self.gate, self.run = binding
        binding[1][0] += 1
        self._over = False

    def wait(self) -> None:
        """Enter a gate that was found shut.

        Raises:
            ProviderNotReadyError: As for any plain operation.
        """
        self._over = True  # the lease is given back by who waits
        cell = self.gate.cell(get_ident())
        _, _, self.gate, self.run = _wait_in_thread(
            self._provider, self._method, (self._cell, cell, self.gate, self.run)
        )
        self._over = False

    def leave(self, error: BaseException | None = None) -> None:
        """Give the lease back and record the call, once; from whichever thread."""
        if self._over:
            return
        self._over = True
        if self.gate is _FORWARDED:  # it is leased and recorded by whom it went to
            return
        # Not by `Gate.cell`: a collection may come while this thread holds the lock that a new cell takes.
        self.gate.cells.setdefault(get_ident(), [0])[0] -= 1
        self.gate.left()
        record = record_of(self._provider, self._method.__name__)
        if error is None:
            record.succeed(perf_counter() - self._started)
        else:
            record.fail(error)

    def __del__(self) -> None:
        self.leave()


def _late(call: _Call, result: Any) -> Any:
    """What stands for a result that is still to come; None for one that is there."""
    kind: Any = type(result)
    late: Any = None
    if kind is types.CoroutineType:
        late = _awaited(call, call.gate, result)
    elif kind.__module__ == "builtins" and kind not in _GENERATORS:
        pass  # most results
    elif isinstance(result, asyncio.Future):
        # Not by `exception()`, after which asyncio no longer tells of one that nobody has looked at.
        result.add_done_callback(lambda future: call.leave(future._exception))
        late = result
    elif isinstance(result, Generator):
        late = _Steps(call, result)
    elif isinstance(result, AsyncIterator) and _is_bare(kind):
        late = _AsyncSteps(call, result)
    elif isinstance(result, Awaitable) and _is_bare(kind):
        late = _awaited(call, call.gate, result)
    return late


def _is_bare(kind: type) -> bool:
    return kind in _GENERATORS or all(name.startswith("_") or name in _BARE for name in dir(kind))


async def _awaited(call: _Call, gate: Gate, awaitable: Awaitable[Any]) -> Any:
    try:
        result = await awaitable
    except BaseException as error:
        call.leave(error)
        raise
    call.leave()
    return result


wrapper_codes.add(_awaited.__code__)


class _Steps(Generator[Any, Any, Any]):
    """A generator that belongs to a call."""

    def __init__(self, call: _Call, generator: Generator[Any, Any, Any]) -> None:
        self._call = call
        self._generator = generator

    def send(self, value: Any, /) -> Any:
        return self._step(self._call.gate, lambda: self._generator.send(value))

    def throw(self, *error: Any) -> Any:
        return self._step(self._call.gate, lambda: self._generator.throw(*error))

    def close(self) -> None:
        try:
            self._generator.close()
        except BaseException as error:
            self._call.leave(error)
            raise
        self._call.leave()

    def _step(self, gate: Gate, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except StopIteration:
            self._call.leave()
            raise
        except BaseException as error:
            self._call.leave(error)
            raise


wrapper_codes.add(_Steps._step.__code__)


class _AsyncSteps(AsyncGenerator[Any, Any]):
    """An async iterator that belongs to a call; a generator as far as the iterator is one."""

    def __init__(self, call: _Call, iterator: Any) -> None:
        self._call = call
        self._iterator = iterator

    async def __anext__(self) -> Any:
        return await self._step(self._call.gate, self._iterator.__anext__())

    async def asend(self, value: Any, /) -> Any:
        return await self._step(self._call.gate, self._iterator.asend(value))

    async def athrow(self, *error: Any) -> Any:
        return await self._step(self._call.gate, self._iterator.athrow(*error))

    async def aclose(self) -> None:
        close = getattr(self._iterator, "aclose", None)
        if close is not None:
            await self._step(self._call.gate, close())
        self._call.leave()

    async def _step(self, gate: Gate, step: Awaitable[Any]) -> Any:
        try:
            return await step
        except StopAsyncIteration:
            self._call.leave()
            raise
        except BaseException as error:
            self._call.leave(error)
            raise


wrapper_codes.add(_AsyncSteps._step.__code__)
