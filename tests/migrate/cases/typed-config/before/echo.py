from dataclasses import dataclass

from core import Model, ModelConfig


@dataclass
class EchoConfig(ModelConfig):
    suffix: str = "!"
    api_key: str = "none"


class EchoModel(Model):
    """Gives back what it is told."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config)
        self.suffix = config.suffix
        self._ready = False

    async def initialize(self) -> None:
        self._ready = True

    async def cleanup(self) -> None:
        self._ready = False

    async def complete(self, prompt: str) -> str:
        if not self._ready:
            raise RuntimeError("not initialized")
        self.calls += 1
        return prompt + self.suffix
