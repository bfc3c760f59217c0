"""`LegacyRegistry`, by which code that calls a legacy registry runs on `ProviderManager` unchanged."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import inspect
import sys
import threading
import warnings
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from purveyor.errors import InvalidInputError, ProviderNotFoundError
from purveyor.lifecycle.waiting import retrieve, see_through
from purveyor.manager import ProviderManager
from purveyor.migrate.asking import Wanted, kept, key_of, request_of, words_of
from purveyor.migrate.building import build
from purveyor.migrate.legacy import LegacyProvider
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

    from purveyor.migrate.asking import Key

__all__ = ["LegacyRegistry"]

F = TypeVar("F", bound="Callable[..., Any]")

#: What legacy code calls what it registers, when it names that.
_CLASSES = ("provider_class", "provider_cls", "provider", "cls")


def _called(name: str, method: F) -> F:
    """A method by another name, under which it is warned of."""
    function: Any = method
    code = function.__code__.replace(co_name=name)
    twin = FunctionType(code, function.__globals__, name, function.__defaults__, function.__closure__)
    return functools.update_wrapper(twin, function, ("__module__", "__doc__"))  # type: ignore[return-value]


class LegacyRegistry:
    """Does what legacy registries, factories and loaders do, on a `ProviderManager`.

    The module of the old registry is replaced by a few lines, and what calls it stays as it is:

    .. code-block:: python

        from purveyor.migrate import LegacyRegistry

        registry = LegacyRegistry()
        register_provider = registry.register_provider
        get_provider = registry.get_provider

    A class is built with its config as its constructor takes it: ``cls(**config)``, ``cls(config)``, or
    ``cls(Config(**config))`` and ``cls(Config(config=config))`` by the parameter's annotation. What is no
    `Provider` is adapted, see `adapt`. A provider is kept by its type and its config, so that another config gives
    another provider; the first is registered with the manager under its type (``memory.local`` where a capability
    was given), the next ones with a number behind that.

    Each place that calls it is warned once, with the line that is to stand there.

    Args:
        manager: Where providers are registered; its own by default.
        style: Whether ``get_provider`` and ``create_provider`` are awaited, and give a provider that is
            initialized; or are ``"sync"``, and give one that is not: its ``initialize`` registers it, its
            ``cleanup`` takes it back.
        generic: The class of generic configs, for constructors that do not say what their ``config`` is.
        resolve: Finds the class of what was not registered, by its type, or by its capability and type: what a
            string loader does.
    """

    def __init__(
        self,
        manager: ProviderManager | None = None,
        *,
        style: Literal["async", "sync"] = "async",
        generic: Callable[..., Any] | None = None,
        resolve: Callable[..., Callable[..., Any]] | None = None,
    ) -> None:
        if style not in ("async", "sync"):
            raise InvalidInputError("style", f"is {style!r}", "write 'async' or 'sync'")
        self.manager = ProviderManager() if manager is None else manager
        self._is_async = style == "async"
        self._generic = generic
        self._resolve = resolve
        self._classes: dict[Key, Callable[..., Any]] = {}
        self._built: dict[Key, list[_Built]] = {}
        self._lock = threading.RLock()  # a constructor may ask for other providers
        self._warned: set[tuple[str, int, str]] = set()

    # --- registering --------------------------------------------------------------------------------

    def register_provider(self, *args: Any, **kwargs: Any) -> Any:
        """Register a class: ``(type, cls)`` or ``(capability, type, cls)``; without a class, a decorator of one.

        What was registered before is replaced; providers of it stay.

        Raises:
            InvalidInputError: There is no type, or what is registered cannot be called.
        """
        key, rest = key_of(args, kwargs)
        rest += [kwargs.pop(name) for name in _CLASSES if name in kwargs]
        if not key or len(rest) > 1 or kwargs:
            raise InvalidInputError(
                "register_provider", "takes a type and a class", "register_provider('local', LocalProvider)"
            )
        if rest:
            self._warn(_registering(key, rest[0]))
            return self._register(key, rest[0])
        method = sys._getframe().f_code.co_name

        def decorate(cls: Any) -> Any:
            self._warn(_registering(key, cls), method)
            return self._register(key, cls)

        return decorate

    register = _called("register", register_provider)
    register_provider_type = _called("register_provider_type", register_provider)

    def unregister_provider(self, *args: Any, **kwargs: Any) -> _Awaitable:
        """Forget a class; where this is awaited, its providers are unregistered as well.

        Raises:
            InvalidInputError: There is no type, or more than that.
            ProviderNotFoundError: It is not registered.
        """
        key, rest = key_of(args, kwargs)
        if not key or rest or kwargs:
            raise InvalidInputError("unregister_provider", "takes a type", "unregister_provider('local')")
        self._warn(f"await manager.unregister({_name(key)!r})")
        if key not in self._classes:
            raise ProviderNotFoundError(_name(key), map(_name, self._classes))
        del self._classes[key]
        return _Awaitable(lambda: self._stop(self._built.pop(key, [])))

    unregister = _called("unregister", unregister_provider)

    def has_provider(self, *args: Any, **kwargs: Any) -> bool:
        """Whether a class is registered; not if what is given is no type.

        Raises:
            InvalidInputError: It is told more.
        """
        key, rest = key_of(args, kwargs)
        if kwargs:
            raise InvalidInputError("has_provider", "takes a type", "has_provider('local')")
        self._warn(f"{_name(key)!r} in manager")
        return not rest and key in self._classes

    is_registered = _called("is_registered", has_provider)

    def list_providers(self, capability: Any = None) -> list[str]:
        """The types that are registered, in that order; those of a capability if one is given."""
        self._warn("manager.names()")
        words = words_of((capability,)) if capability is not None else ()
        return [key[-1] for key in self._classes if key[: len(words)] == words and len(key) > len(words)]

    get_registered_providers = _called("get_registered_providers", list_providers)

    # --- building -----------------------------------------------------------------------------------

    def get_provider(self, *args: Any, **kwargs: Any) -> Any:
        """The provider of a type and a config: ``(type, config)`` or ``(capability, type, config)``.

        The config may be a mapping, a config object, or keywords. Two callers at once get the same provider. One
        that was unregistered is built anew.

        Returns:
            The provider; in the style ``"async"``, what gives it when it is awaited.

        Raises:
            ProviderNotFoundError: The type is not registered ("not found").
            ConstructionError: The constructor takes another config.
            Exception: What the constructor, or `initialize`, raises.
        """
        key, config = request_of(args, kwargs, self._classes)
        self._warn(self._get_line(key))
        return self._give(key, config)

    get = _called("get", get_provider)

    def create_provider(self, *args: Any, **kwargs: Any) -> Any:
        """As `get_provider`, but another provider each time."""
        key, config = request_of(args, kwargs, self._classes)
        self._warn(_registering(key, self._classes.get(key)))
        return self._give(key, config, fresh=True)

    create = _called("create", create_provider)

    # --- all of them --------------------------------------------------------------------------------

    def initialize(self) -> Coroutine[Any, Any, None]:
        """Initialize the providers that were built and are not yet; to be awaited."""
        self._warn("await manager.register_all([...])")
        return self._initialize()

    def cleanup(self) -> Coroutine[Any, Any, None]:
        """Unregister all that was got here, the last one first; classes stay registered. To be awaited.

        Raises:
            ExceptionGroup: What their cleanups raised; every one had its chance.
        """
        self._warn("await manager.cleanup()")
        return self._cleanup()

    close = _called("close", cleanup)
    aclose = _called("aclose", cleanup)
    shutdown = _called("shutdown", cleanup)

    # --- inside -------------------------------------------------------------------------------------

    def _register(self, key: Key, cls: Any) -> Any:
        if not callable(cls):
            raise InvalidInputError("register_provider", f"{cls!r} is neither a class nor a function")
        self._classes[key] = cls
        return cls

    def _give(self, key: Key, config: Any, *, fresh: bool = False) -> Any:
        if self._is_async:
            return self._get(key, config, fresh)
        built = self._find(key, config, fresh)
        live = self.manager.get_provider(built.name)  # which may be an empty store: not asked for its truth
        return built.provider if live is None else live

    async def _get(self, key: Key, config: Any, fresh: bool) -> Provider[Any]:
        built = self._find(key, config, fresh)
        await self._start(built)
        return self.manager.get(built.name)

    def _find(self, key: Key, config: Any, fresh: bool) -> _Built:
        with self._lock:
            found = self._built.setdefault(key, [])
            found[:] = [each for each in found if not self._is_over(each)]
            if not fresh:
                for each in found:
                    if each.wanted is not None and (config is None or each.wanted.is_for(config)):
                        return each
            name = self._free_name(key)
            provider = build(
                self._class(key), config, name, key, in_initialize=self._is_async, generic=self._generic
            )
            built = _Built(name, provider, None if fresh else Wanted(kept(config)))
            self._hand_over(built)
            self._built.setdefault(key, []).append(built)
            return built

    def _class(self, key: Key) -> Callable[..., Any]:
        cls = self._classes.get(key)
        if cls is None and self._resolve is not None:
            cls = self._resolve(*key)
            cls = self._classes.setdefault(key, cls)  # what the module has registered as it was imported holds
        if cls is None:
            raise ProviderNotFoundError(_name(key), map(_name, self._classes))
        return cls

    def _free_name(self, key: Key) -> str:
        taken = {
            *self.manager.registered_names(),
            *(each.name for found in self._built.values() for each in found),
        }
        name, number = _name(key), 1
        while name in taken:
            number += 1
            name = f"{_name(key)}-{number}"
        return name

    def _is_over(self, built: _Built) -> bool:
        return built.start is not None and built.start.done() and built.name not in self.manager.registered_names()

    def _hand_over(self, built: _Built) -> None:
        """Have `initialize` and `cleanup`, where legacy code calls them, go through the manager."""
        provider = built.provider
        own_initialize, own_cleanup = provider.initialize, provider.cleanup

        async def initialize() -> None:
            await (own_initialize() if provider._gate.is_own() else self._start(built))

        async def cleanup() -> None:
            await (own_cleanup() if provider._gate.is_own() else self._stop([built]))

        object.__setattr__(provider, "initialize", initialize)  # a class may have a __setattr__ of its own
        object.__setattr__(provider, "cleanup", cleanup)

    async def _start(self, built: _Built) -> None:
        """Have it registered; who comes meanwhile shares that, and if all leave it is undone."""
        start = built.start
        if start is None or self._is_over(built):
            start = built.start = asyncio.ensure_future(self.manager.register(built.provider))
            start.add_done_callback(retrieve)
        built.waiting += 1
        try:
            await asyncio.wait([start])
        except asyncio.CancelledError:
            if built.waiting == 1 and not start.done():
                start.cancel()
                await asyncio.wait([start])
            raise
        finally:
            built.waiting -= 1
        if start.cancelled():  # by one who has left just before
            await self._start(built)
        else:
            start.result()

    async def _stop(self, stopped: list[_Built]) -> None:
        """Have them unregistered, the last one first, also when the caller is cancelled."""
        stop = asyncio.ensure_future(self._stop_all(stopped))
        stop.add_done_callback(retrieve)
        await see_through(stop)
        stop.result()

    async def _stop_all(self, stopped: list[_Built]) -> None:
        await asyncio.sleep(0)  # for a start that is about to begin
        errors: list[Exception] = []
        for built in reversed(stopped):
            if built.name not in self.manager.registered_names():
                continue  # it was not started, or is stopped already
            try:
                await self.manager.unregister(built.name)
            except Exception as error:
                errors.append(error)
        if len(stopped) == 1 and errors:
            raise errors[0]
        if errors:
            raise ExceptionGroup("providers failed to clean up", errors)

    async def _initialize(self) -> None:
        for built in [each for found in self._built.values() for each in found]:
            if built.start is None:
                await self._start(built)

    async def _cleanup(self) -> None:
        with self._lock:
            built = [each for found in self._built.values() for each in found]
            self._built.clear()
        order = {name: place for place, name in enumerate(self.manager.registered_names())}
        built.sort(key=lambda each: order.get(each.name, len(order)))
        await self._stop(built)

    def _get_line(self, key: Key) -> str:
        cls = self._classes.get(key)
        kind = f", {cls.__name__}" if inspect.isclass(cls) else ""
        return f"manager.get({_name(key)!r}{kind})"

    def _warn(self, line: str, method: str | None = None) -> None:
        """Warn the place that has called a method, which is the caller of this one, unless it is given."""
        method = method or sys._getframe(1).f_code.co_name
        frame = sys._getframe(2)
        place = frame.f_code.co_filename, frame.f_lineno, method
        if place not in self._warned:
            self._warned.add(place)
            warnings.warn(f"{method} is a legacy registry's: write `{line}`", DeprecationWarning, stacklevel=3)


@dataclasses.dataclass(slots=True, eq=False)
class _Built:
    """A provider that was built.

    Args:
        name: Its name.
        provider: The provider.
        wanted: The config that it is found by; None if it is found by none.
        start: Its registration, once that has begun.
        waiting: How many wait for that.
    """

    name: str
    provider: Provider[Any]
    wanted: Wanted | None
    start: asyncio.Future[None] | None = None
    waiting: int = 0


class _Awaitable:
    """What may be awaited, and need not be."""

    def __init__(self, call: Callable[[], Awaitable[None]]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, Any, None]:
        return self._call().__await__()


def _name(key: Key) -> str:
    return ".".join(key)


def _registering(key: Key, cls: Any) -> str:
    """The line that registers a provider with a manager."""
    name = getattr(cls, "__name__", "Class")
    made = f"adapt({name}(...), name={_name(key)!r})"
    if inspect.isclass(cls) and issubclass(cls, LegacyProvider):
        made = f"{name}(...)"
    elif inspect.isclass(cls) and issubclass(cls, Provider):
        made = f"{name}(ProviderMetadata({_name(key)!r}, ...), config)"
    return f"await manager.register({made})"
