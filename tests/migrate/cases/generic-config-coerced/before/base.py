from typing import Any

from pydantic import BaseModel


class ProviderConfig(BaseModel):
    name: str = "unnamed"
    config: dict[str, Any] = {}


class BaseProvider:
    def __init__(self, config: ProviderConfig) -> None:
        self.config = config

    async def initialize(self) -> None:
        raise NotImplementedError

    async def cleanup(self) -> None:
        raise NotImplementedError
