"""`Provider`, what an author subclasses."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from purveyor.lease import UNREGISTERED, Gate
from purveyor.metadata import ProviderMetadata, ProviderType

__all__ = ["Provider"]

T = TypeVar("T")

#: What an operation writes to, for one thread: its record's cell and its gate's, and the gate itself.
Binding: TypeAlias = "tuple[list[float], list[int], Gate]"


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

    # Class-level defaults, so that a subclass which never calls super().__init__ works all the same.
    _state: dict[str, Any] | None = None
    _gate: Gate = UNREGISTERED
    _bindings: dict[str, dict[int, Binding]] = {}  # noqa: RUF012 - never written to: see purveyor.operations

    def __init__(self, metadata: ProviderMetadata, config: T) -> None:
        self._metadata = metadata
        self._config = config
        self._bindings = {}
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
            self._state = {}
        return self._state

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

    @property
    def _name(self) -> str:
        """What to call it, also if it has no metadata: the name of its class."""
        return str(getattr(getattr(self, "_metadata", None), "name", type(self).__name__))

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} {self._name!r}>"  # never the config: it may hold secrets
