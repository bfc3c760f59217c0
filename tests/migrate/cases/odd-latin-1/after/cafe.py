#!/usr/bin/env python
# -*- coding: latin-1 -*-
"""Café."""

from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class CaféConfig:
    """The config of `Café`."""

    preço: int | float = 3


class Café(LegacyProvider[CaféConfig]):
    """Serve o café da manhã."""

    provider_capabilities = ("pedir",)

    @classmethod
    def from_config(cls, config: CaféConfig) -> "Café":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.preço = config.get("preço", 3)

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.aberto = True

    async def stop(self):
        self.aberto = False

    @operation
    async def pedir(self, nome):
        return f"{nome}: café, {self.preço} £"
