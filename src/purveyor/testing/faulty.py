"""`FaultyProvider`: a provider whose every step fails, hangs or dawdles on request."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeAlias, get_args

from purveyor.errors import InvalidInputError
from purveyor.metadata import Health, ProviderMetadata, ProviderType
from purveyor.operations import operation
from purveyor.provider import Provider

__all__ = ["Block", "Fail", "Fault", "FaultyProvider", "Hang", "RefuseCancellation", "Slow"]


@dataclass(frozen=True, slots=True)
class Fail:
    """Raises an error.

    Args:
        error: What is raised; a `BaseException` such as `SystemExit` if you like.
        times: At how many calls it strikes; None at every one.
    """

    error: BaseException | type[BaseException]
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """Does not return until it is cancelled or `FaultyProvider.release` is called.

    Args:
        times: At how many calls it strikes; None at every one.
    """

    times: int | None = None


@dataclass(frozen=True, slots=True)
class RefuseCancellation:
    """Hangs, and swallows cancellations.

    Args:
        cancellations: How many; None for every one, so that only `FaultyProvider.release` ends it.
        times: At how many calls it strikes; None at every one.
    """

    cancellations: int | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Slow:
    """Sleeps.

    Args:
        seconds: How long, by the event loop's time: a `FakeClock` can pass it.
        times: At how many calls it strikes; None at every one.
    """

    seconds: float
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Blocks the whole event loop.

    Args:
        seconds: How long, in real time.
        times: At how many calls it strikes; None at every one.
    """

    seconds: float
    times: int | None = None


Fault: TypeAlias = Fail | Hang | RefuseCancellation | Slow | Block
Step: TypeAlias = Literal["validate", "initialize", "cleanup", "reload", "check", "read", "write", "stream"]

_STEPS: tuple[str, ...] = get_args(Step)


class FaultyProvider(Provider[Any]):
    """A provider that behaves as badly as a test wants, and keeps count.

    It holds one resource. ``initialize`` opens it and then meets its faults; ``cleanup`` meets its faults and then
    closes it, so that one which fails leaves it open. Its operations are ``read`` (idempotent), ``write`` and
    ``stream``. Generations that a reload makes share faults, counts and condition.

    .. code-block:: python

        import asyncio
        from purveyor import ProviderManager
        from purveyor.testing import Fail, FaultyProvider, Slow

        async def main() -> None:
            provider = FaultyProvider("db", initialize=Fail(OSError("down"), times=1), read=Slow(0.01))
            async with ProviderManager() as manager:
                try:
                    await manager.register(provider)
                except OSError:
                    await manager.register(provider)  # the second time it works
                assert await provider.read("key") == "key"
                provider.script("read", Fail(ConnectionError("reset")))  # from now on
            assert provider.calls["initialize"] == 2
            assert provider.open == 0

        asyncio.run(main())

    Args:
        name: The name it is registered under.
        type: Its type.
        capabilities: What it answers for.
        config: Its configuration; it reads none of it.
        validate: What goes wrong there: a fault, or several, one after the other; and so the others.
        initialize: As for `validate`, and so on.
        cleanup: See there.
        reload: Strikes before the reload of one object; a swap makes a new one, and calls no ``reload``.
        check: See there; the answer, if it comes to one, is `condition`.
        read: See there.
        write: See there.
        stream: Strikes before the first item.

    Raises:
        InvalidInputError: Something is no fault, as an error that is not wrapped in `Fail`.
    """

    provider_version = "1"

    def __init__(
        self,
        name: str = "faulty",
        *,
        type: ProviderType = ProviderType.CUSTOM,
        capabilities: Sequence[str] = (),
        config: Any = None,
        validate: Fault | Sequence[Fault] = (),
        initialize: Fault | Sequence[Fault] = (),
        cleanup: Fault | Sequence[Fault] = (),
        reload: Fault | Sequence[Fault] = (),
        check: Fault | Sequence[Fault] = (),
        read: Fault | Sequence[Fault] = (),
        write: Fault | Sequence[Fault] = (),
        stream: Fault | Sequence[Fault] = (),
    ) -> None:
        super().__init__(ProviderMetadata(name, type, "Faulty on request", "1", list(capabilities)), config)
        self._is_open = False
        self._script = _Script()
        steps = (validate, initialize, cleanup, reload, check, read, write, stream)
        for step, faults in zip(_STEPS, steps, strict=True):
            self._script.write(step, faults if isinstance(faults, Sequence) else (faults,))

    # --- What a test asks and says --------------------------------------------------------------------

    @property
    def calls(self) -> Counter[str]:
        """How often each step was called, over all generations."""
        return self._script.calls

    @property
    def open(self) -> int:
        """How many resources are open, over all generations."""
        return self._script.open

    @property
    def condition(self) -> Health:
        """What ``check`` answers; settable."""
        return self._script.condition

    @condition.setter
    def condition(self, condition: Health) -> None:
        self._script.condition = condition

    def script(self, step: Step, *faults: Fault) -> None:
        """Have a step go wrong from now on, or well again.

        Args:
            step: Which.
            faults: What goes wrong, one after the other; none for nothing. Their `times` count from now.

        Raises:
            InvalidInputError: There is no such step, or something is no fault.
        """
        if step not in _STEPS:
            raise InvalidInputError("step", f"is {step!r}", f"use one of {', '.join(_STEPS)}")
        self._script.write(step, faults)

    def release(self) -> None:
        """Let everything go on that hangs, now and in future."""
        self._script.release()

    # --- The provider -----------------------------------------------------------------------------------

    async def validate(self) -> None:
        """Meet the faults of ``validate``."""
        await self._script.run("validate")

    async def initialize(self) -> None:
        """Open the resource, then meet the faults of ``initialize``."""
        if not self._is_open:
            self._is_open = True
            self._script.open += 1
        await self._script.run("initialize")

    async def cleanup(self) -> None:
        """Meet the faults of ``cleanup``, then close the resource."""
        await self._script.run("cleanup")
        if self._is_open:
            self._is_open = False
            self._script.open -= 1

    async def reload(self) -> None:
        """Meet the faults of ``reload``, then clean up and initialize."""
        await self._script.run("reload")
        await super().reload()

    async def check(self) -> Health:
        """Meet the faults of ``check``, then answer `condition`."""
        await self._script.run("check")
        return self.condition

    def next_generation(self, config: Any) -> Self:
        """Another one that shares faults and counts."""
        metadata = self.metadata
        generation = type(self)(
            metadata.name, type=metadata.type, capabilities=metadata.capabilities, config=config
        )
        generation._metadata = metadata
        generation._script = self._script
        return generation

    @operation(idempotent=True)
    async def read(self, value: Any = None) -> Any:
        """Meet the faults of ``read``, then give the value back.

        Raises:
            AssertionError: The resource is not open, or was closed meanwhile.
        """
        return await self._operate("read", value)

    @operation
    async def write(self, value: Any = None) -> Any:
        """As `read`, but it counts as one that must not be done twice."""
        return await self._operate("write", value)

    @operation
    async def stream(self, count: int = 3) -> AsyncIterator[int]:
        """Meet the faults of ``stream``, then count from 0 to below `count`."""
        await self._operate("stream", None)
        for number in range(count):
            await asyncio.sleep(0)
            yield number

    async def _operate(self, step: Step, value: Any) -> Any:
        if not self._is_open:
            raise AssertionError(f"{step} ran on a provider that is not open")
        await self._script.run(step)
        if not self._is_open:
            raise AssertionError(f"the provider was closed while {step} ran")
        return value


@dataclass(slots=True)
class _Script:
    """What the generations of one provider share."""

    calls: Counter[str] = field(default_factory=Counter[str])
    open: int = 0
    condition: Health = field(default_factory=Health.healthy)
    _faults: dict[str, tuple[int, Sequence[Fault]]] = field(default_factory=dict)  # with the calls before them
    _hanging: set[asyncio.Future[None]] = field(default_factory=set)
    _released: bool = False

    def write(self, step: str, faults: Sequence[Fault]) -> None:
        for fault in faults:
            _check(step, fault)
        self._faults[step] = self.calls[step], tuple(faults)

    async def run(self, step: Step) -> None:
        self.calls[step] += 1
        before, faults = self._faults[step]
        call = self.calls[step] - before
        for fault in faults:
            if fault.times is None or call <= fault.times:
                await self._strike(fault)

    def release(self) -> None:
        self._released = True
        for future in self._hanging:
            if not future.done():
                future.set_result(None)

    async def _strike(self, fault: Fault) -> None:
        match fault:
            case Fail(error):
                raise error
            case Hang():
                await self._hang()
            case RefuseCancellation(cancellations):
                await self._refuse(cancellations)
            case Slow(seconds):
                await asyncio.sleep(seconds)
            case _:
                time.sleep(fault.seconds)  # noqa: ASYNC251 - that is the fault

    async def _refuse(self, cancellations: int | None) -> None:
        swallowed = 0
        while True:
            try:
                return await self._hang()
            except asyncio.CancelledError:
                if swallowed == cancellations:
                    raise
                swallowed += 1

    async def _hang(self) -> None:
        if self._released:
            return
        future = asyncio.get_running_loop().create_future()
        self._hanging.add(future)
        try:
            await future
        finally:
            self._hanging.discard(future)


def _check(step: str, fault: object) -> None:
    if isinstance(fault, Fault):
        return
    name = fault.__name__ if isinstance(fault, type) else type(fault).__name__
    if isinstance(fault, BaseException):
        raise InvalidInputError(step, f"is a {name}, not a fault", f"wrap it: Fail({name}(...))")
    if isinstance(fault, type) and issubclass(fault, BaseException):
        raise InvalidInputError(step, f"is {name}, not a fault", f"wrap it: Fail({name})")
    raise InvalidInputError(step, f"is a {name}, not a fault", "use Fail, Hang, RefuseCancellation, Slow or Block")
