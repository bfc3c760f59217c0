"""`operation`, which marks a provider's public methods: leased, and measured.

The wrapper is the hottest code of the system, so what it does stands in it line by line: count the lease
of this thread, run, give the lease back, record. What it writes to is bound to the provider and the thread
at the first call; what is rare (a gate that is shut, a failure) is looked up when it happens.
"""

from __future__ import annotations

import functools
import inspect
from bisect import bisect_left
from dataclasses import dataclass
from threading import get_ident
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar, overload

from purveyor.lease import wrapper_codes
from purveyor.monitor.metrics import MetricsManager
from purveyor.monitor.records import BOUNDS, FASTEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.lease import Gate
    from purveyor.monitor.records import OperationRecord
    from purveyor.provider import Binding, Provider

__all__ = ["OperationInfo", "operation", "operations_of", "record_of"]

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class OperationInfo:
    """What an operation says of itself.

    Args:
        name: The method's name, and the value of the label ``operation``.
        idempotent: Whether running it twice has the effect of running it once.
    """

    name: str
    idempotent: bool


@overload
def operation(method: F, /) -> F: ...
@overload
def operation(*, idempotent: bool = False) -> Callable[[F], F]: ...
def operation(method: Any = None, /, *, idempotent: bool = False) -> Any:
    """Mark a method of a provider as an operation.

    While it runs it holds a lease, so that a reload or a stop waits for it; calls that come meanwhile wait
    for the reload, and none fails because of it. Each call is counted and timed, from the call to its result,
    for `MetricsManager`. Coroutines, async generators (measured until they are exhausted or closed) and
    plain functions keep their kind, signature and type.

    An operation may call other operations of its provider. If it does so from *child tasks*, a reload that
    comes meanwhile waits for them up to its drain deadline, since a child task is not known to belong to it.

    Args:
        method: The method.
        idempotent: Whether running it twice has the effect of running it once.

    Raises:
        TypeError: The decorated object is not a function.
    """
    if method is None:
        return functools.partial(_mark, idempotent=idempotent)
    return _mark(method, idempotent=idempotent)


def operations_of(provider: type[Provider[Any]]) -> dict[str, OperationInfo]:
    """The operations of a provider class, by name, those it inherits included."""
    found: dict[str, OperationInfo] = {}
    for name in dir(provider):
        info = getattr(inspect.getattr_static(provider, name), "__operation__", None)
        if isinstance(info, OperationInfo):
            found[name] = info
    return found


def record_of(provider: Provider[Any], name: str) -> OperationRecord:
    """The record that counts an operation of this provider."""
    metadata = getattr(provider, "_metadata", None)
    kind = metadata.type if metadata else provider.provider_type
    return MetricsManager.get_instance().operation(name, str(getattr(kind, "value", kind)), provider._name)


def _mark(method: Callable[..., Any], *, idempotent: bool) -> Callable[..., Any]:
    if not inspect.isfunction(method):
        raise TypeError(f"@operation marks functions, not {type(method).__name__}: put it below other decorators")
    wrapper: Any
    if inspect.iscoroutinefunction(method):
        wrapper = _coroutine(method)
    elif inspect.isasyncgenfunction(method):
        wrapper = _generator(method)
    else:
        wrapper = _function(method)
    wrapper_codes.add(wrapper.__code__)
    wrapper.__operation__ = OperationInfo(method.__name__, idempotent)
    return functools.update_wrapper(wrapper, method)


def _bind(provider: Provider[Any], name: str) -> Binding:
    """What the calling thread needs for an operation of this provider, looked up once and kept."""
    if "_bindings" not in vars(provider):
        provider._bindings = {}
    # Read before the gate, and renewed after it: a thread that comes late keeps no old gate among new bindings.
    bindings = provider._bindings
    thread = get_ident()
    gate = provider._gate
    binding = record_of(provider, name).cell(thread), gate.cell(thread), gate
    bindings.setdefault(name, {})[thread] = binding
    return binding


def _coroutine(method: Callable[..., Any]) -> Any:
    name = method.__name__

    async def operate(self: Provider[Any], /, *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            cell, lease, gate = self._bindings[name][get_ident()]
        except KeyError:
            cell, lease, gate = _bind(self, name)
        lease[0] += 1
        if gate.shut:
            await _wait(self, name, gate, lease)
        try:
            result = await method(self, *args, **kwargs)
        except BaseException as error:
            record_of(self, name).fail(error)
            raise
        finally:
            lease[0] -= 1
            if gate.shut:
                gate.left()
        seconds = perf_counter() - started
        cell[0] += seconds
        cell[1 if seconds <= FASTEST else bisect_left(BOUNDS, seconds)] += 1
        return result

    return operate


def _generator(method: Callable[..., Any]) -> Any:
    name = method.__name__

    async def operate(self: Provider[Any], /, *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        gate = self._gate
        lease = gate.cell(get_ident())
        lease[0] += 1
        if gate.shut:
            await _wait(self, name, gate, lease)
        record = record_of(self, name)
        reader = gate.hold()
        try:
            generator = method(self, *args, **kwargs)
            try:
                item = await anext(generator)
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        raise
                    except BaseException as error:  # thrown in by the reader
                        item = await generator.athrow(error)
                    else:
                        item = await generator.asend(sent)
            except StopAsyncIteration:
                pass
            finally:
                await generator.aclose()
        except GeneratorExit:
            record.succeed(perf_counter() - started)  # a reader that has read enough is no failure
            raise
        except BaseException as error:
            record.fail(error)
            raise
        finally:
            gate.release(reader)
            gate.cell(get_ident())[0] -= 1  # of the thread that closes it: the sum over all threads is what counts
            gate.left()
        record.succeed(perf_counter() - started)

    return operate


def _function(method: Callable[..., Any]) -> Any:
    name = method.__name__

    def operate(self: Provider[Any], /, *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            cell, lease, gate = self._bindings[name][get_ident()]
        except KeyError:
            cell, lease, gate = _bind(self, name)
        lease[0] += 1
        if gate.shut:
            lease[0] -= 1
            try:
                gate.admit_thread(lease)
            except BaseException as error:
                record_of(self, name).fail(error)
                raise
        try:
            result = method(self, *args, **kwargs)
        except BaseException as error:
            record_of(self, name).fail(error)
            raise
        finally:
            lease[0] -= 1
            if gate.shut:
                gate.left()
        seconds = perf_counter() - started
        cell[0] += seconds
        cell[1 if seconds <= FASTEST else bisect_left(BOUNDS, seconds)] += 1
        return result

    return operate


async def _wait(provider: Provider[Any], name: str, gate: Gate, lease: list[int]) -> None:
    """Enter a gate that was found shut; whoever is not let in is a failure of the operation."""
    lease[0] -= 1
    try:
        await gate.admit(lease)
    except BaseException as error:
        record_of(provider, name).fail(error)
        raise
