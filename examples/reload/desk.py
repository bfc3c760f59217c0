"""A provider of one's own that needs two others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Annotated, Any

from purveyor import CapabilityProvider, MemoryProvider, StorageProvider, operation
from purveyor.needs import Needs


@dataclass
class DeskConfig:
    """What the desk is configured with.

    Args:
        archive_every: Every how many notes one goes to the archive as well.
    """

    archive_every: int = 10


class Desk(CapabilityProvider[DeskConfig]):
    """Takes notes, and archives some of them."""

    provider_capabilities = ("note",)

    notes: Annotated[MemoryProvider[Any], Needs("memory")]
    archive: Annotated[StorageProvider[Any], Needs("storage")]

    async def initialize(self) -> None:
        """Begin to count."""
        self._numbers = count(1)

    async def cleanup(self) -> None:
        """There is nothing to release."""

    @operation
    async def note(self, key: str, text: str) -> None:
        """Take a note; it is durable on return.

        Args:
            key: What it is called.
            text: What it says.
        """
        await self.notes.put(key, {"text": text})
        if next(self._numbers) % self.config.archive_every == 0:
            await self.archive.put(f"{key}.txt", text.encode())
