from typing import Any

from purveyor.migrate import LegacyProvider
from pydantic import BaseModel


class ProviderConfig(BaseModel):
    name: str = "unnamed"
    config: dict[str, Any] = {}


class BaseProvider(LegacyProvider[ProviderConfig]):
    @classmethod
    def from_config(cls, config: ProviderConfig) -> "BaseProvider":
        """Build it from a typed config, by the constructor."""
        return cls(config)

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config

    async def initialize(self) -> None:
        raise NotImplementedError

    async def cleanup(self) -> None:
        raise NotImplementedError
