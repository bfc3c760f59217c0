"""`Adapted`, the provider around a legacy object."""

from __future__ import annotations

import asyncio
import inspect
import sys
import types
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from purveyor.errors import NotBuiltError, UnsupportedError
from purveyor.metadata import Health
from purveyor.migrate.adapting.lifecycle import Lifecycle, find_lifecycle, named_step
from purveyor.migrate.adapting.surface import add_operations, add_special_methods, find_operations
from purveyor.migrate.adapting.thread import Lane, LaneGenerator
from purveyor.migrate.checks import find_check, health_of
from purveyor.migrate.methods import find_attribute, is_coroutine_function, without_lease
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from purveyor.metadata import ProviderMetadata
    from purveyor.migrate.adapting.lifecycle import Step
    from purveyor.migrate.adapting.surface import Sync

__all__ = ["RESERVED", "Adapted", "Blueprint", "learn"]

#: Names of `Provider` that a legacy object may have for its own.
_YIELDING = frozenset({"config", "current", "health", "state", "status"})

#: For how many seconds a thread may be at work before a check, for which it has no time, says so.
_LONG = 60.0


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What was told to `adapt`.

    Args:
        instance: The legacy object; None if there is a factory.
        factory: Makes it.
        cls: Its class; None if that is known only when it is made.
        open: What opens it, if that was given.
        close: What closes it, likewise.
        check: What tells its health, likewise.
        operations: The names of its operations, likewise.
        idempotent: Which of them may be tried again.
        sync: How its plain methods are called, likewise.
    """

    instance: Any
    factory: Callable[..., Any] | None
    cls: type | None
    open: str | Callable[..., Any] | None
    close: str | Callable[..., Any] | None
    check: str | Callable[..., Any] | None
    operations: Collection[str] | None
    idempotent: Collection[str]
    sync: Sync | None


class _Yields:
    """An attribute of `Provider` which the legacy object's own goes before, where it has one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inherited = vars(Provider)[name]
        self.__doc__ = self._inherited.__doc__

    def __get__(self, adapted: Any, owner: type) -> Any:
        if adapted is None:
            return self
        legacy = adapted._legacy
        if legacy is not None and _has_own(legacy, self._name):
            return getattr(legacy, self._name)
        return self._inherited.__get__(adapted, owner)

    def __set__(self, adapted: Any, value: Any) -> None:
        legacy = adapted._legacy
        if legacy is None or not _has_own(legacy, self._name):
            if self._name == "config" and adapted._blueprint.factory is None and value is not adapted._config:
                adapted._refuse_config()
            self._inherited.__set__(adapted, value)
        elif getattr(legacy, self._name) is not value:  # else it may be read-only, and there is nothing to do
            setattr(legacy, self._name, value)

    def __delete__(self, adapted: Any) -> None:
        delattr(adapted._live_legacy(), self._name)


class Adapted(Provider[Any]):
    """A provider around a legacy object, which stays as it is; made by `adapt`.

    Attributes pass through both ways. What the lifecycle needs is the provider's own: ``metadata``,
    ``initialize``, ``cleanup``, ``validate``, ``reload``, ``check``, ``on_need_reloaded``, ``next_generation``,
    and the names that begin with ``provider_``; `legacy` reaches the legacy object's attributes of such names. All
    others are the legacy object's, also ``config``, ``state``, ``status``, ``health`` and ``current``, where it
    has them: ask the manager for those of the provider.
    """

    _blueprint: ClassVar[Blueprint]
    _lifecycle: Lifecycle = Lifecycle()
    _check: Step | None = None

    _target: Any = None  # what is opened and closed
    _legacy: Any = None  # what is used: the same, or what the target gave as it was entered
    _begun = False  # there is something to close
    _lane: Lane | None = None
    _changing: asyncio.Lock

    if TYPE_CHECKING:  # the legacy object may have something else of these names
        config: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        state: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        status: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        health: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        current: Any  # pyright: ignore[reportIncompatibleMethodOverride]
    else:
        config = _Yields("config")
        state = _Yields("state")
        status = _Yields("status")
        health = _Yields("health")
        current = _Yields("current")

        @property
        def __class__(self) -> type:
            """That of the legacy object, so that it is an instance of that class as well as of this one."""
            known = self._blueprint.cls if self._legacy is None else _class_of(self._legacy)
            return known or type(self)

    def __init__(self, metadata: ProviderMetadata, config: Any) -> None:
        super().__init__(metadata, config)
        self._changing = asyncio.Lock()
        self._target = self._legacy = self._blueprint.instance

    @property
    def legacy(self) -> Any:
        """The legacy object itself.

        Raises:
            NotBuiltError: It is made by a factory, and is not there before `initialize` or after `cleanup`.
        """
        return self._live_legacy()

    async def initialize(self) -> None:
        """Make the legacy object, if a factory was adapted, and open it."""
        async with self._changing:
            await self._close()  # what an initialize before it has left half-way
            if self._blueprint.sync != "inline" and self._is_threaded():
                self._lane = Lane(self._provider_name, lambda: self._gate)
            if self._blueprint.factory is not None:
                await self._build(self._blueprint.factory)
                self._choose_thread()
            if self._lifecycle.open is not None:
                await self._take(self._lifecycle.open)
            self._begun = True
            if self._blueprint.cls is None or self._legacy is not self._target:
                try:
                    learn(type(self), _class_of(self._legacy), self._blueprint, self._legacy)
                except BaseException:
                    await self._close()  # a context manager is told why
                    raise

    async def cleanup(self) -> None:
        """Close the legacy object, if it was opened, and end the thread.

        What failed half-way as it was opened is closed as well, unless it is a context manager. What is being
        handled is told to one of those: ``__aexit__`` gets the exception.
        """
        async with self._changing:
            await self._close()

    def next_generation(self, config: Any) -> Self:
        """Build the provider that is to follow this one.

        Raises:
            UnsupportedError: An instance was adapted: there is no other one.
        """
        if self._blueprint.factory is None:
            self._refuse_config()
        same = config is self.config or config == self.config
        return type(self)(self.metadata, self._config if same else config)

    # --- attributes ---------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        own = name in RESERVED and name != "legacy"
        if own or (name.startswith("__") and name.endswith("__")):  # which Python asks for to copy this one, say
            raise AttributeError(f"{type(self).__qualname__!r} object has no attribute {name!r}")
        return getattr(self._live_legacy(name), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in RESERVED:
            super().__setattr__(name, value)
        else:
            setattr(self._live_legacy(name), name, value)

    def __delattr__(self, name: str) -> None:
        if name in RESERVED:
            super().__delattr__(name)
        else:
            delattr(self._live_legacy(name), name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(type(self)), *vars(self), *(dir(self._legacy) if self._legacy is not None else ())})

    # --- what operations use ------------------------------------------------------------------------

    def _method(self, name: str) -> Callable[..., Any]:
        method = getattr(self._live_legacy(name), name)
        return without_lease(method)  # type: ignore[no-any-return]  # that of a converted base is leased here

    def _wait_for(self, call: Callable[[], Any]) -> Any:
        """Run a plain call where such calls run, and wait for it."""
        lane = self._lane
        if lane is None:
            return call()
        result = lane.wait(call)
        return LaneGenerator(lane, result) if isinstance(result, types.GeneratorType) else result

    async def _run(self, call: Callable[[], Any], *, needed: bool = False) -> Any:
        """Run a plain call where such calls run, and await it, and what it gives."""
        lane = self._lane
        result = call() if lane is None else await lane.run(call, needed=needed)
        if lane is not None and isinstance(result, types.GeneratorType):
            return LaneGenerator(lane, result)
        return await result if inspect.isawaitable(result) else result

    # --- inside -------------------------------------------------------------------------------------

    def _live_legacy(self, name: str = "legacy") -> Any:
        legacy = self._legacy
        if legacy is None:
            raise NotBuiltError(self._provider_name, name)
        return legacy

    def _refuse_config(self) -> NoReturn:
        what = "another config, or another instance beside it: one instance was adapted"
        raise UnsupportedError(self._provider_name, what, "adapt() with its class or a factory")

    def _is_threaded(self) -> bool:
        """Whether there is to be a thread; of what is not known yet it is assumed that it blocks."""
        blueprint = self._blueprint
        if blueprint.sync is not None:
            return True
        if blueprint.cls is None:
            return not is_coroutine_function(blueprint.factory)
        if self._lifecycle.open is not None or self._lifecycle.close is not None:
            return self._lifecycle.is_sync
        return blueprint.factory is not None and not _has_async(blueprint.cls)

    async def _build(self, factory: Callable[..., Any]) -> None:
        arguments = () if self._config is None else (self._config,)
        lane = self._lane

        def build() -> Any:
            made = factory(*arguments)
            if not inspect.isawaitable(made):
                self._built(made)  # at once, so that it is not lost if the caller is cancelled
            return made

        made = build() if lane is None else await lane.run(build)
        if inspect.isawaitable(made):
            self._built(await made)

    def _built(self, made: Any) -> None:
        blueprint = self._blueprint
        self._target = self._legacy = made
        if blueprint.cls is None:
            self._lifecycle = find_lifecycle(_class_of(made), blueprint.open, blueprint.close, made)
        self._begun = self._lifecycle.open is None  # else it is not open yet

    def _choose_thread(self) -> None:
        """Do without the thread if what was made belongs on the event loop."""
        steps = [step for step in (self._lifecycle.open, self._lifecycle.close) if step is not None]
        if self._blueprint.sync is None and any(step.is_async for step in steps):
            self._end_lane()

    async def _take(self, step: Step, *, closing: bool = False) -> None:
        """Take a step of the lifecycle, and note at once how far it has come: its caller may be cancelled."""
        lane = self._lane
        is_context = self._lifecycle.is_context
        error = sys.exc_info() if is_context and closing else ()
        over = self._closed if closing else self._opened

        def call() -> Any:
            self._begun = closing or not is_context
            result = step.call(self._target, *error)
            if not inspect.isawaitable(result):
                over(result)
            return result

        if lane is not None and not step.is_async:
            result = await lane.run(call, needed=closing)
        else:
            result = call()
        if inspect.isawaitable(result):
            over(await result)

    def _opened(self, result: Any) -> None:
        self._begun = True
        if self._lifecycle.is_context and result is not None:
            self._legacy = result

    def _closed(self, _: Any) -> None:
        self._begun = False

    async def _close(self) -> None:
        if self._begun and self._lifecycle.close is not None:
            try:
                await self._take(self._lifecycle.close, closing=True)
            except asyncio.CancelledError:
                if self._begun:  # it was interrupted: another cleanup is to finish it
                    raise
                self._drop()
                raise
            except BaseException:
                self._drop()
                raise
        self._drop()

    def _drop(self) -> None:
        """Let go of what there was between `initialize` and `cleanup`."""
        self._begun = False
        self._target = self._legacy = self._blueprint.instance
        self._end_lane()

    def _end_lane(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.end()


def learn(adapted: type[Adapted], cls: type, blueprint: Blueprint, legacy: Any = None) -> tuple[str, ...]:
    """Give an adapter's class the operations of a legacy class, and its check.

    Returns:
        The names of the operations.
    """
    sync = blueprint.sync or "wait"  # without a thread it is the same as "inline"
    names = find_operations(cls, blueprint.operations, RESERVED - _YIELDING, legacy)
    add_operations(adapted, cls, names, sync, blueprint.idempotent, legacy)
    add_special_methods(adapted, cls)
    if adapted._check is None:
        adapted._check = _find_check(cls, blueprint.check, legacy)
        if adapted._check is not None:
            adapted.check = _checked  # type: ignore[assignment]
    return names


def _find_check(cls: type, given: str | Callable[..., Any] | None, legacy: Any) -> Step | None:
    name = find_check(cls) if given is None else given
    return None if name is None else named_step(cls, "check", name, legacy)


async def _checked(self: Adapted) -> Health:
    """Ask the legacy object, unless its thread is at work: then it is not asked, and is well."""
    step, lane, legacy = self._check, self._lane, self._live_legacy("check")
    assert step is not None
    if lane is None or step.is_async:
        answer = step.call(legacy)
    elif (seconds := lane.busy) is not None:
        text = f"its thread has been at work for {seconds:.0f} s"
        return Health.healthy(text) if seconds < _LONG else Health.degraded(text)
    else:
        answer = await lane.run(partial(step.call, legacy))
    return health_of(await answer if inspect.isawaitable(answer) else answer)


def _has_own(legacy: Any, name: str) -> bool:
    """Whether a legacy object has an attribute; one that stands on a converted base, not by that base alone."""
    if issubclass(type(legacy), Provider):
        return name in vars(legacy) or find_attribute(type(legacy), name) is not None
    return hasattr(legacy, name)


def _class_of(legacy: Any) -> type:
    """Its class; for a mock that stands for another, that one."""
    return legacy.__class__  # type: ignore[no-any-return]


def _has_async(cls: type) -> bool:
    methods = (find_attribute(cls, name) for name in dir(cls) if not name.startswith("_"))
    return any(is_coroutine_function(method) or inspect.isasyncgenfunction(method) for method in methods)


#: Names that are the adapter's own.
RESERVED = frozenset({*dir(Adapted), "_metadata", "_config", "_logger", "_changing"})
