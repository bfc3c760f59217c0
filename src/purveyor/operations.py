"""`operation`, which marks a provider's public methods: leased, measured, and governed by policies.

The wrapper is the hottest code of the system, so what it does stands in it line by line: count the lease
of this thread, run, give the lease back, record. What it calls and writes to is bound to the provider and the
thread at the first call; what is rare (a gate that is shut, a failure) is looked up when it happens. Policies
stand in what is bound, so that an operation without any pays nothing for them. What is called is not bound to the
provider: it would keep itself alive, and a copy of it would call the original.
"""

from __future__ import annotations

import functools
import inspect
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass
from threading import get_ident
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload
from weakref import WeakKeyDictionary

from purveyor.errors import UnsupportedError
from purveyor.lease import Gate, wrapper_codes
from purveyor.monitor.metrics import MetricsManager
from purveyor.monitor.records import BOUNDS, FASTEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.monitor.records import OperationRecord
    from purveyor.policy import Breaker
    from purveyor.provider import Binding, Provider

__all__ = ["UNBOUND", "OperationInfo", "asks_for_policies", "operation", "operations_of", "record_of"]

F = TypeVar("F", bound="Callable[..., Any]")


#: The bindings of an instance none of whose operations was called yet; never written to.
UNBOUND: dict[Any, dict[int, Binding]] = {}

#: The gate of a call that goes to an instance of another class, whose own operation leases and records it.
_FORWARDED = Gate("")
_FORWARDED.open()

_asking: WeakKeyDictionary[type[Provider[Any]], bool] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class OperationInfo:
    """What an operation says of itself.

    Args:
        name: The method's name, and the value of the label ``operation``.
        idempotent: Whether running it twice has the effect of running it once.
        kind: What calling it gives: a coroutine, an async generator, or its result.
        timeout: How long it may take, in seconds.
        retries: How often it is tried again if it fails; only if it is idempotent.
        breaker: When it is refused at once, since the backend fails.
        concurrency: How many of it may run at the same time.
    """

    name: str
    idempotent: bool
    kind: Literal["coroutine", "generator", "function"] = "coroutine"
    timeout: float | None = None
    retries: int | None = None
    breaker: Breaker | None = None
    concurrency: int | None = None

    @property
    def has_policy(self) -> bool:
        """Whether it asks for any policy by itself."""
        return (self.timeout, self.retries, self.breaker, self.concurrency) != (None, None, None, None)


@overload
def operation(method: F, /) -> F: ...
@overload
def operation(
    *,
    idempotent: bool = False,
    timeout: float | None = None,
    retries: int | None = None,
    breaker: Breaker | None = None,
    concurrency: int | None = None,
) -> Callable[[F], F]: ...
def operation(
    method: Any = None,
    /,
    *,
    idempotent: bool = False,
    timeout: float | None = None,
    retries: int | None = None,
    breaker: Breaker | None = None,
    concurrency: int | None = None,
) -> Any:
    """Mark a method of a provider as an operation.

    While it runs it holds a lease, so that a reload or a stop waits for it; calls that come meanwhile wait
    for the reload, or go to the instance that has taken over, and none fails because of it. Each call is counted
    and timed, from the call to its result, for `MetricsManager`. Coroutines, async generators (measured until
    they are exhausted or closed) and plain functions keep their kind, signature and type.

    An operation may call other operations of its provider. If it does so from *child tasks*, a reload that
    comes meanwhile waits for them up to its drain deadline, since a child task is not known to belong to it.

    The policies given here act once the provider is registered; where its configuration sets the same one, that
    holds.

    Args:
        method: The method.
        idempotent: Whether running it twice has the effect of running it once.
        timeout: How long a call may take, in seconds, retries included.
        retries: How often a failed call is tried again; asks for `idempotent`.
        breaker: When calls are refused at once, since the backend fails.
        concurrency: How many calls may run at the same time.

    Raises:
        TypeError: The decorated object is not a function; it is a plain one, which cannot be timed out or wait for
            another try; or retries are asked for of what is not idempotent.
    """
    options: dict[str, Any] = {
        "idempotent": idempotent,
        "timeout": timeout,
        "retries": retries,
        "breaker": breaker,
        "concurrency": concurrency,
    }
    if method is None:
        return functools.partial(_mark, **options)
    return _mark(method, **options)


def operations_of(provider: type[Provider[Any]]) -> dict[str, OperationInfo]:
    """The operations of a provider class, by name, those it inherits included."""
    found: dict[str, OperationInfo] = {}
    for name in dir(provider):
        info = getattr(inspect.getattr_static(provider, name), "__operation__", None)
        if isinstance(info, OperationInfo):
            found[name] = info
    return found


def asks_for_policies(provider: type[Provider[Any]]) -> bool:
    """Whether an operation of a provider class asks for any policy by itself."""
    try:
        return _asking[provider]
    except KeyError:
        return _asking.setdefault(provider, any(info.has_policy for info in operations_of(provider).values()))


def record_of(provider: Provider[Any], name: str) -> OperationRecord:
    """The record that counts an operation of this provider."""
    metadata = getattr(provider, "_metadata", None)
    kind = metadata.type if metadata else provider.provider_type
    word = str(getattr(kind, "value", kind))
    return MetricsManager.get_instance().operation(name, word, provider._provider_name)


def _mark(method: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    if not inspect.isfunction(method):
        raise TypeError(f"@operation marks functions, not {type(method).__name__}: put it below other decorators")
    if options["retries"] and not options["idempotent"]:
        raise TypeError(f"{method.__qualname__} cannot be retried: it is not marked idempotent=True")
    wrapper: Any
    kind: Literal["coroutine", "generator", "function"]
    if inspect.iscoroutinefunction(method):
        kind, wrapper = "coroutine", _coroutine(method)
    elif inspect.isasyncgenfunction(method):
        kind, wrapper = "generator", _generator(method)
    else:
        kind, wrapper = "function", _function(method)
        if options["timeout"] is not None or options["retries"]:
            raise TypeError(f"{method.__qualname__} is a plain function: it can neither time out nor be retried")
    wrapper_codes.add(wrapper.__code__)
    functools.update_wrapper(wrapper, method)
    with suppress(Exception):  # some tell it to nobody, or not yet: an annotation may name what is written below
        wrapper.__signature__ = inspect.signature(method)  # for those who do not look through it
    wrapper.__operation__ = method.__operation__ = OperationInfo(  # type: ignore[attr-defined]
        method.__name__, kind=kind, **options
    )
    return wrapper  # type: ignore[no-any-return]


def _first_binding(args: tuple[Any, ...], method: Callable[..., Any]) -> Binding:
    """As `_bind`, also for what is no provider: a function of a class body may be called with anything."""
    if args and getattr(type(args[0]), "_bindings", None) is UNBOUND:
        return _bind(args[0], method)
    return _forwarded(method)


def _bind(provider: Provider[Any], method: Any) -> Binding:
    """What the calling thread needs for an operation of this provider, looked up once and kept."""
    # Read before the gate, and renewed after it: a thread that comes late keeps no old gate among new bindings.
    bindings = _bindings_of(provider)
    thread = get_ident()
    gate = provider._gate
    call = method
    if provider._governor is not None:
        call = provider._governor.govern(method.__operation__, call)
    binding = record_of(provider, method.__name__).cell(thread), gate.cell(thread), gate, call
    bindings.setdefault(method, {})[thread] = binding
    return binding


def _successor(provider: Provider[Any], method: Any, gate: Gate) -> Binding:
    """The binding of the instance that serves in this one's place."""
    assert gate.succession is not None
    live = gate.succession.provider
    if type(live) is not type(provider):
        call = getattr(live, method.__name__, None)
        if not callable(call) or _kind(call) not in (method.__operation__.kind, None):
            raise UnsupportedError(
                live._provider_name, f"the operation {method.__name__}, as a {method.__operation__.kind}"
            )
        return _forwarded(_past_the_first(call))
    try:
        cell, lease, its_gate, call = live._bindings[method][get_ident()]
    except KeyError:
        cell, lease, its_gate, call = _bind(live, method)
    # A call that has gone there already, by way of a binding that is kept below, takes its first argument as well.
    binding = cell, lease, its_gate, _past_the_first(functools.partial(call, live))
    if gate.retired:  # from now on without a detour; before, its own operations may still call each other
        _bindings_of(provider).setdefault(method, {})[get_ident()] = binding
    return binding


def _forwarded(call: Callable[..., Any]) -> Binding:
    return [0.0] * (len(BOUNDS) + 1), [0], _FORWARDED, call


def _past_the_first(call: Callable[..., Any]) -> Callable[..., Any]:
    """Takes the instance that was called, and has another one do it."""
    return lambda _, /, *args, **kwargs: call(*args, **kwargs)


def _kind(call: Callable[..., Any]) -> str | None:
    """What calling it gives, as for an operation; None if it is no function, which may give anything."""
    info = getattr(call, "__operation__", None)
    if isinstance(info, OperationInfo):
        return info.kind
    if not inspect.isroutine(call):
        return None
    if inspect.iscoroutinefunction(call):
        return "coroutine"
    return "generator" if inspect.isasyncgenfunction(call) else "function"


def _bindings_of(provider: Provider[Any]) -> dict[Any, dict[int, Binding]]:
    """A provider's bindings, to be written to."""
    bindings = provider._bindings
    if bindings is UNBOUND:
        bindings = {}
        object.__setattr__(provider, "_bindings", bindings)  # a class may have a __setattr__ of its own
    return bindings


def _coroutine(method: Callable[..., Any]) -> Any:
    async def operate(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            cell, lease, gate, call = args[0]._bindings[method][get_ident()]
        except Exception:  # it is the first call, or what is called with is no provider
            cell, lease, gate, call = _first_binding(args, method)
        lease[0] += 1
        if gate.shut:
            cell, lease, gate, call = await _wait(args[0], method, (cell, lease, gate, call))
        try:
            result = await call(*args, **kwargs)
        except BaseException as error:
            if gate is not _FORWARDED:
                record_of(args[0], method.__name__).fail(error)
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
    async def operate(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            cell, lease, gate, call = args[0]._bindings[method][get_ident()]
        except Exception:  # it is the first call, or what is called with is no provider
            cell, lease, gate, call = _first_binding(args, method)
        lease[0] += 1
        if gate.shut:
            _, _, gate, call = await _wait(args[0], method, (cell, lease, gate, call))
        reader = gate.hold()
        try:
            generator = call(*args, **kwargs)
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
            _settle(args[0], method, gate, started)  # a reader that has read enough is no failure
            raise
        except BaseException as error:
            if gate is not _FORWARDED:
                record_of(args[0], method.__name__).fail(error)
            raise
        finally:
            gate.release(reader)
            gate.cell(get_ident())[0] -= 1  # of the thread that closes it: the sum over all threads is what counts
            gate.left()
        _settle(args[0], method, gate, started)

    return operate


def _settle(provider: Provider[Any], method: Callable[..., Any], gate: Gate, started: float) -> None:
    if gate is not _FORWARDED:
        record_of(provider, method.__name__).succeed(perf_counter() - started)


def _function(method: Callable[..., Any]) -> Any:
    def operate(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            cell, lease, gate, call = args[0]._bindings[method][get_ident()]
        except Exception:  # it is the first call, or what is called with is no provider
            cell, lease, gate, call = _first_binding(args, method)
        lease[0] += 1
        if gate.shut:
            cell, lease, gate, call = _wait_in_thread(args[0], method, (cell, lease, gate, call))
        try:
            result = call(*args, **kwargs)
        except BaseException as error:
            if gate is not _FORWARDED:
                record_of(args[0], method.__name__).fail(error)
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


async def _wait(provider: Provider[Any], method: Callable[..., Any], binding: Binding) -> Binding:
    """Enter a gate that was found shut, or that of whoever serves instead; who is not let in is a failure."""
    try:
        while True:
            _, lease, gate, _ = binding
            lease[0] -= 1
            if await gate.admit(lease):
                return binding
            binding = _successor(provider, method, gate)
            binding[1][0] += 1
            if not binding[2].shut:
                return binding
    except BaseException as error:
        record_of(provider, method.__name__).fail(error)
        raise


def _wait_in_thread(provider: Provider[Any], method: Callable[..., Any], binding: Binding) -> Binding:
    """As `_wait`, in a thread that runs no event loop."""
    try:
        while True:
            _, lease, gate, _ = binding
            lease[0] -= 1
            if gate.admit_thread(lease):
                return binding
            binding = _successor(provider, method, gate)
            binding[1][0] += 1
            if not binding[2].shut:
                return binding
    except BaseException as error:
        record_of(provider, method.__name__).fail(error)
        raise
