from dataclasses import dataclass, field
from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider
from purveyor.migrate import settings as _settings
from pydantic import SecretStr


@dataclass
class ProviderConfig:
    type: str
    settings: dict[str, Any] = field(default_factory=dict)


class SpeechProvider(LegacyProvider[ProviderConfig]):
    @classmethod
    def from_config(cls, config: ProviderConfig) -> "SpeechProvider":
        """Build it from a typed config, by the constructor."""
        return cls(config)

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self._initialized = False

    async def initialize(self) -> None:
        pass

    async def cleanup(self) -> None:
        pass


@dataclass
class ToneProviderConfig:
    """The config of `ToneProvider`."""

    pitch: int | float = 440
    voice: str = "flat"
    api_token: SecretStr | None = None
    language: Any = None


class ToneProvider(SpeechProvider, LegacyProvider[ToneProviderConfig]):
    """Says everything at one pitch."""

    provider_type = ProviderType.CAPABILITY
    provider_capabilities = ("say",)

    @classmethod
    def from_config(cls, config: ToneProviderConfig) -> "ToneProvider":
        """Build it from a typed config, by the constructor."""
        return cls(**_settings(config))

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

    @operation
    async def say(self, text: str) -> bytes:
        return f"{self.voice}@{self.pitch}/{self.language}: {text}".encode()
