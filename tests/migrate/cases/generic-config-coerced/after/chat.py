from base import BaseProvider, ProviderConfig
from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings
from pydantic import BaseModel


class ChatConfig(BaseModel):
    model: str
    temperature: float = 0.7


class ChatProvider(BaseProvider, LegacyProvider[ChatConfig]):
    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("ask",)

    @classmethod
    def from_config(cls, config: ChatConfig) -> "ChatProvider":
        """Build it from a typed config, by the constructor."""
        return cls(ProviderConfig(config=settings(config)))

    def __init__(self, config: ProviderConfig) -> None:
        super().__init__(config)
        if isinstance(config, ChatConfig):
            self.settings = config
        else:
            self.settings = ChatConfig(**config.config)
        self.history: list[str] = []

    async def initialize(self) -> None:
        self.history = []

    async def cleanup(self) -> None:
        self.history.clear()

    @operation
    async def ask(self, question: str) -> str:
        self.history.append(question)
        return f"{self.settings.model}: {question}"
