"""`Provider`, what an author subclasses."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, Self, TypeAlias, TypeVar

from purveyor.lease import UNREGISTERED, Gate
from purveyor.metadata import Health, ProviderMetadata, ProviderType
from purveyor.operations import UNBOUND

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection

    from purveyor.metadata import ProviderStatus
    from purveyor.operations import OperationInfo

__all__ = ["Provider"]

T = TypeVar("T")

#: What an operation needs, for one thread: its record's cell and its gate's, the gate itself, and what it calls
#: with the provider as the first argument.
Binding: TypeAlias = "tuple[list[float], list[int], Gate, Callable[..., Any]]"


#: The attributes that an instance has of its manager, or of operations that were called.
HELD = frozenset({"_abandoned", "_bindings", "_gate", "_governor", "_registration"})


class Registered(Protocol):
    """What a provider can ask of the manager that runs it."""

    @property
    def status(self) -> ProviderStatus:
        """Where it stands."""
        ...

    @property
    def health(self) -> Health:
        """What is believed of its health, after its last checks."""
        ...


class Governing(Protocol):
    """Puts policies around operations."""

    def govern(self, info: OperationInfo, call: Callable[..., Any], /) -> Callable[..., Any]:
        """What is to be called in the place of `call`; `call` itself if no policy holds for it."""
        ...


class Provider(ABC, Generic[T]):
    """One thing an application depends on: its metadata, its typed config, its lifecycle, its operations.

    A subclass writes `initialize` and `cleanup`, and marks what it offers with `operation`. It parametrises
    the base with the type of its config, against which a configuration file is checked.

    .. code-block:: python

        from dataclasses import dataclass
        from purveyor import Provider, operation

        @dataclass
        class GreeterConfig:
            greeting: str = "Good morning"

        class Greeter(Provider[GreeterConfig]):
            provider_capabilities = ("greet",)

            async def initialize(self) -> None: ...
            async def cleanup(self) -> None: ...

            @operation
            async def greet(self, name: str) -> str:
                return f"{self.config.greeting}, {name}"

    Args:
        metadata: Who the provider is.
        config: Its configuration.
    """

    #: What the class says of itself, for providers that are built from a configuration file.
    provider_type: ClassVar[ProviderType] = ProviderType.CUSTOM
    provider_version: ClassVar[str] = "0"
    provider_capabilities: ClassVar[tuple[str, ...]] = ()

    #: How a reload replaces what runs, unless the configuration says otherwise: ``"swap"`` starts another instance
    #: beside this one and then puts it in its place, without a pause; ``"in_place"`` cleans this one up and
    #: initializes it again, for what only one may hold: a port, a lock.
    provider_reload: ClassVar[Literal["in_place", "swap"]] = "in_place"

    #: Whether an instance keeps the config it was built with: a reload with another one builds a new instance.
    _config_is_final: ClassVar[bool] = False

    # Class-level defaults, so that a subclass which never calls super().__init__ works all the same.
    _state: dict[str, Any] | None = None
    _gate: Gate = UNREGISTERED
    _bindings: dict[Any, dict[int, Binding]] = UNBOUND
    _governor: Governing | None = None
    _registration: Registered | None = None
    _abandoned: tuple[asyncio.Task[None], str, float] | None = None  # what is still at work on it, in which step

    def __init__(self, metadata: ProviderMetadata, config: T) -> None:
        self._metadata = metadata
        self._config = config
        self._logger = logging.getLogger(type(self).__module__)

    @property
    def metadata(self) -> ProviderMetadata:
        """Who the provider is."""
        return self._metadata

    @property
    def config(self) -> T:
        """The provider's configuration; settable, since legacy classes assign it."""
        return self._config

    @config.setter
    def config(self, config: T) -> None:
        self._config = config

    @property
    def state(self) -> dict[str, Any]:
        """A dictionary of the author's own; settable, since legacy classes assign it."""
        if self._state is None:
            object.__setattr__(self, "_state", {})  # a class may have a __setattr__ of its own
        return self._state  # type: ignore[return-value]

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._state = state

    @abstractmethod
    async def initialize(self) -> None:
        """Acquire what the provider needs. Runs in the provider's owner task."""

    @abstractmethod
    async def cleanup(self) -> None:
        """Release it, from any partly initialized state. Runs in the task that ran `initialize`."""

    async def validate(self) -> None:
        """Check metadata and config before `initialize`; raise to refuse the registration."""

    async def reload(self) -> None:
        """Take up changes: `cleanup`, then `initialize`."""
        await self.cleanup()
        await self.initialize()

    async def check(self) -> Health:
        """Find out how the provider does, cheaply, without waiting for its operations.

        A manager calls it at intervals, with a timeout. What it raises counts as unhealthy.

        Returns:
            What it found. A class that does not write its own is not asked.
        """
        return Health.healthy()

    async def on_need_reloaded(self, role: str, provider: Provider[Any]) -> None:
        """Take notice that a provider which this one needs was reloaded; its attribute is renewed already.

        Operations called on the old one go to the new one by themselves, so that most have nothing to do here.

        Args:
            role: In which role it is needed.
            provider: What serves in it now.
        """

    def next_generation(self, config: T) -> Self:
        """Build the instance that is to follow this one when a reload swaps them; it is not started yet.

        To be written by a class whose constructor takes more than metadata and config.

        Args:
            config: The config of the new one.
        """
        return type(self)(self.metadata, config)

    @property
    def status(self) -> ProviderStatus | None:
        """Where the provider stands; None if no manager has it."""
        return None if self._registration is None else self._registration.status

    @property
    def health(self) -> Health | None:
        """What is believed of its health, after its last checks; None if no manager has it."""
        return None if self._registration is None else self._registration.health

    @property
    def current(self) -> Provider[Any]:
        """The instance that serves now: this one, or the one that took over from it in a reload."""
        succession = self._gate.succession
        return self if succession is None else succession.provider

    @property
    def _provider_name(self) -> str:
        """What to call it, also if it has no metadata: the name of its class."""
        return str(getattr(getattr(self, "_metadata", None), "name", type(self).__name__))

    def __getstate__(self) -> object:
        """What is copied and pickled: all but what it has of a manager, which does not run the copy."""
        return without(super().__getstate__(), HELD)

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} {self._provider_name!r}>"  # never the config: it may hold secrets


# Reflection on a subclass, such as `typing.get_type_hints`, is to find the attributes that its author has written.
Provider.__annotations__ = {}


def without(state: object, names: Collection[str]) -> object:
    """The state of an object, as `__getstate__` gives it, without some of its attributes."""
    if isinstance(state, tuple) and len(state) == 2:  # of a class with __slots__
        return (without(state[0], names), state[1])
    if isinstance(state, dict):
        return {name: value for name, value in state.items() if name not in names}
    return state
