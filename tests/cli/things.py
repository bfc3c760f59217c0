"""Providers that the tests' configurations name: they do what their config says."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import SecretStr

from purveyor import MemoryProvider, Provider, StorageProvider, operation
from purveyor.metadata import Health
from purveyor.needs import Needs


@dataclass(frozen=True)
class ThingConfig:
    value: int = 0
    start_seconds: float = 0
    stop_seconds: float = 0
    fail: str = ""
    secret: SecretStr | None = None
    url: str = ""
    options: dict[str, Any] = field(default_factory=dict)


_started: set[str] = set()


class Thing(Provider[ThingConfig]):
    """Does what its config says."""

    provider_capabilities = ("do",)

    async def initialize(self) -> None:
        logging.getLogger("things").info("begins with %s", self.config.value)
        await asyncio.sleep(self.config.start_seconds)
        if self.config.fail == "tell" and self.config.secret:
            secret = self.config.secret.get_secret_value()
            logging.getLogger("things").warning("trying %r", secret, exc_info=KeyError(secret))
            raise RuntimeError(f"{secret} is refused, and {secret!r}")
        if self.config.fail == "first start" and self.metadata.name not in _started:
            _started.add(self.metadata.name)
            raise RuntimeError(f"{self.metadata.name} cannot start")
        if self.config.fail == "start":
            try:
                raise ConnectionError("nobody answers")
            except ConnectionError:
                logging.getLogger("things").warning("it failed", exc_info=True)
            raise RuntimeError(f"{self.metadata.name} cannot start")

    async def cleanup(self) -> None:
        await asyncio.sleep(self.config.stop_seconds)
        if self.config.fail == "stop":
            raise RuntimeError(f"{self.metadata.name} cannot stop")

    @operation
    async def do(self) -> int:
        """Do it."""
        return self.config.value


class Checked(Thing):
    """Tells its secret wherever it can."""

    async def check(self) -> Health:
        assert self.config.secret is not None
        secret = self.config.secret.get_secret_value()
        if self.config.fail == "check":
            return Health.unhealthy(f"{secret} is refused")
        return Health.degraded(f"{secret} is slow", tries=3, since=date(2026, 1, 2), key=secret)


class Needy(Thing):
    """Needs another one."""

    thing: Annotated[Thing, Needs()]


class Swapping(Thing):
    """Is reloaded by a swap."""

    provider_reload = "swap"


class Forgetful(MemoryProvider[dict[str, Any]]):
    """A memory that gives back something else."""

    async def _initialize_store(self) -> None:
        from purveyor.memory.inprocess import InProcessConfig, InProcessMemory

        inner: Any = InProcessMemory(self.metadata, InProcessConfig())
        await inner._initialize_store()
        self._store = inner._store

    async def _cleanup_store(self) -> None:
        self._store = None
        if self.config.get("fail") == "stop":
            raise RuntimeError("it sticks")

    async def get(self, key: str, **options: Any) -> Any:
        if self.config.get("fail") == "get":
            raise RuntimeError("it cannot read")
        return None


class Garbling(StorageProvider[dict[str, Any]]):
    """A storage that gives back something else."""

    async def _initialize_storage(self) -> None:
        from pathlib import Path

        from purveyor.storage.local import LocalConfig, LocalStorage

        self.inner: Any = LocalStorage(self.metadata, LocalConfig(Path("garbled")))
        await self.inner._initialize_storage()
        self._storage = self.inner._storage

    async def _cleanup_storage(self) -> None:
        await self.inner._cleanup_storage()
        self._storage = None

    async def get(self, path: str, **options: Any) -> bytes:
        return b"?"


class OwnMemory(MemoryProvider[dict[str, Any]]):
    """A memory whose store is of its own kind."""

    async def _initialize_store(self) -> None:
        self._store = {"anything": 1}

    async def _cleanup_store(self) -> None:
        self._store = None


class OwnStorage(StorageProvider[dict[str, Any]]):
    """A storage likewise."""

    async def _initialize_storage(self) -> None:
        storage: Any = {"anything": 1}
        self._storage = storage

    async def _cleanup_storage(self) -> None:
        self._storage = None


class Stubborn(Thing):
    """Does not end when it is told to: a step that ignores its cancellation, or a thread that is at work."""

    async def initialize(self) -> None:
        if self.config.fail == "start":
            await self._refuse()

    async def cleanup(self) -> None:
        if self.config.fail == "stop":
            await self._refuse()
        if self.config.fail == "thread":
            await asyncio.to_thread(time.sleep, 600)

    async def _refuse(self) -> None:
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(600)
