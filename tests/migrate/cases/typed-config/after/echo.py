from dataclasses import dataclass

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider

from core import Model, ModelConfig


@dataclass
class EchoConfig(ModelConfig):
    suffix: str = "!"
    api_key: str = "none"


class EchoModel(Model, LegacyProvider[EchoConfig]):
    """Gives back what it is told."""

    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("complete",)

    @classmethod
    def from_config(cls, config: EchoConfig) -> "EchoModel":
        """Build it from a typed config, by the constructor."""
        return cls(config)

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config)
        self.suffix = config.suffix
        self._ready = False

    async def initialize(self) -> None:
        self._ready = True

    async def cleanup(self) -> None:
        self._ready = False

    @operation
    async def complete(self, prompt: str) -> str:
        if not self._ready:
            raise RuntimeError("not initialized")
        self.calls += 1
        return prompt + self.suffix
