from dataclasses import dataclass, field
from typing import Any


@dataclass
class ProviderConfig:
    type: str
    settings: dict[str, Any] = field(default_factory=dict)


class SpeechProvider:
    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self._initialized = False

    async def initialize(self) -> None:
        pass

    async def cleanup(self) -> None:
        pass


class ToneProvider(SpeechProvider):
    """Says everything at one pitch."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ProviderConfig(type="tone", settings=kwargs))
        self.pitch = kwargs.get("pitch", 440)
        self.voice = kwargs.get("voice", "flat")
        self.api_token = kwargs.get("api_token")
        self.language = kwargs["language"] if "language" in kwargs else "pt"

    async def initialize(self) -> None:
        self._initialized = True

    async def cleanup(self) -> None:
        self._initialized = False

    async def say(self, text: str) -> bytes:
        return f"{self.voice}@{self.pitch}/{self.language}: {text}".encode()
