from abc import abstractmethod
from typing import Union

from pydantic import BaseModel, SecretStr

from aurora.core.provider import Provider


class LLMConfig(BaseModel):
    model: str = "small"
    temperature: float = 0.0
    api_key: SecretStr = SecretStr("none")


class LLMProvider(Provider):
    """Typed configs, wherever one is given; a dictionary becomes one."""

    def __init__(self, config: Union[LLMConfig, dict]) -> None:
        super().__init__({})
        self.settings = config if isinstance(config, LLMConfig) else LLMConfig(**config)
        self._initialized = False

    async def initialize(self) -> None:
        await super().initialize()
        self._initialized = True

    async def cleanup(self) -> None:
        self._initialized = False
        await super().cleanup()

    @abstractmethod
    async def complete(self, prompt: str) -> str: ...
