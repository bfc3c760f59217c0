from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

from .base import Engine


@dataclass
class TableEngineConfig:
    """The config of `TableEngine`."""

    rows: Any = None


class TableEngine(Engine, LegacyProvider[TableEngineConfig]):
    """Rows in a list."""

    provider_capabilities = ("append", "all")

    @classmethod
    def from_config(cls, config: TableEngineConfig) -> "TableEngine":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    async def _do_initialize(self) -> None:
        self.rows = list(self.config.get("rows", []))

    async def _do_cleanup(self) -> None:
        self.rows = []

    @operation
    async def append(self, row: str) -> int:
        self.rows.append(row)
        return len(self.rows)

    @operation
    async def all(self) -> list[str]:
        return [*self.rows]
