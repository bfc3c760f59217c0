from aurora.core.config.models import ProviderConfig
from aurora.llm.base import LLMConfig, LLMProvider as Base


class CannedConfig(LLMConfig):
    answers: list[str] = []


class CannedProvider(Base):
    """Takes the application's own ProviderConfig, and unwraps it."""

    def __init__(self, config: ProviderConfig) -> None:
        if isinstance(config, CannedConfig):
            own = config
        else:
            own = CannedConfig(**config.config)
        super().__init__(own)
        self.answers = list(own.answers)

    async def complete(self, prompt: str) -> str:
        return self.answers.pop(0) if self.answers else f"{self.settings.model}: {prompt}"
