"""The providers that the tests' configurations declare, and what the tests see of them."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import Annotated

from pydantic import SecretStr

from purveyor.metadata import ProviderMetadata
from purveyor.needs import Needs
from purveyor.operations import operation
from purveyor.provider import Provider

calls: list[str] = []
gates: dict[str, asyncio.Event] = {}
import_entered, import_gate = threading.Event(), threading.Event()


@dataclass(frozen=True)
class ThingConfig:
    value: int = 0
    fail: str = ""
    wait: str = ""


class Thing(Provider[ThingConfig]):
    """Does what its config says: `fail` names the steps that fail, `wait` the one that waits for a gate."""

    def __init__(self, metadata: ProviderMetadata, config: ThingConfig) -> None:
        super().__init__(metadata, config)
        if "build" in config.fail:
            raise RuntimeError(f"{metadata.name} cannot be built")

    async def _step(self, step: str) -> None:
        calls.append(f"{step} {self.metadata.name} {self.config.value}")
        if step in self.config.wait:
            gates.setdefault(f"{step} entered", asyncio.Event()).set()
            await gates.setdefault(step, asyncio.Event()).wait()
        if step in self.config.fail:
            raise RuntimeError(f"{self.metadata.name} fails to {step}")

    async def initialize(self) -> None:
        await self._step("initialize")

    async def cleanup(self) -> None:
        await self._step("cleanup")

    @operation
    async def value(self) -> int:
        await asyncio.sleep(0)
        return self.config.value

    @operation
    async def hold(self) -> None:
        await asyncio.Event().wait()


class Needy(Thing):
    """Needs another one."""

    other: Annotated[Thing, Needs()]


class Modest(Thing):
    """Does without."""

    other: Annotated[Thing | None, Needs()]


class Seeker(Thing):
    """Needs whoever embeds."""

    other: Annotated[Thing, Needs(capability="embed")]


class Swapping(Thing):
    """Is reloaded by a swap."""

    provider_reload = "swap"


@dataclass(frozen=True)
class KeeperConfig:
    token: SecretStr


class Keeper(Provider[KeeperConfig]):
    """Keeps a secret."""

    async def initialize(self) -> None:
        pass

    async def cleanup(self) -> None:
        pass


class Other(Thing):
    """Another driver with the same config."""


padding = 0


@dataclass(frozen=True)
class LeakyConfig:
    token: SecretStr
    where: str


class Leaky(Provider[LeakyConfig]):
    """Shows its secret in the errors of the steps that its config names."""

    provider_reload = "swap"

    def __init__(self, metadata: ProviderMetadata, config: LeakyConfig) -> None:
        super().__init__(metadata, config)
        self._step("build")

    async def initialize(self) -> None:
        self._step("initialize")

    async def cleanup(self) -> None:
        self._step("cleanup")

    def _step(self, step: str) -> None:
        if step in self.config.where:
            raise OSError(f"{step} refused {'x' * padding} the key {self.config.token.get_secret_value()}")
