from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class ConsoleTraceConfig:
    """The config of `ConsoleTrace`."""

    service: str = "app"
    rate: float = 1.0


class ConsoleTrace(LegacyProvider[ConsoleTraceConfig]):
    """Writes spans to a list."""

    provider_capabilities = ("span", "export")

    @classmethod
    def from_config(cls, config: ConsoleTraceConfig) -> ConsoleTrace:
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config: Optional[Dict[str, Any]] = None) -> None:
        self.config = config or {}
        self.service = self.config.get("service", "app")
        self.rate = self.config.get("rate", 1.0)
        self.lines: list[str] = []

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.shutdown()

    @operation
    def span(self, name: str) -> str:
        line = f"{self.service}:{name}"
        self.lines.append(line)
        return line

    @operation
    async def export(self) -> int:
        return len(self.lines)

    async def shutdown(self) -> None:
        self.lines.clear()
