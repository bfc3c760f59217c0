"""What every model stands on."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from purveyor.migrate import LegacyProvider


@dataclass
class ModelConfig:
    """What any model needs to know."""

    name: str
    retries: int = 2


class Model(LegacyProvider[ModelConfig], ABC):
    @classmethod
    def from_config(cls, config: ModelConfig) -> "Model":
        """Build it from a typed config, by the constructor."""
        return cls(config)

    def __init__(self, config: ModelConfig) -> None:
        self.config = config
        self.calls = 0

    @abstractmethod
    async def initialize(self) -> None: ...

    @abstractmethod
    async def cleanup(self) -> None: ...

    @abstractmethod
    async def complete(self, prompt: str) -> str: ...
