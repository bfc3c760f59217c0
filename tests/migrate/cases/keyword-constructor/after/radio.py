from dataclasses import dataclass
from typing import Any, Optional, Sequence

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings
from pydantic import SecretStr


@dataclass
class RadioConfig:
    """The config of `Radio`."""

    frequency: float
    name: str = "radio"
    presets: Any = None
    volume: int | float = 5
    password: SecretStr | None = None


class Radio(LegacyProvider[RadioConfig]):
    provider_capabilities = ("listen", "louder")

    @classmethod
    def from_config(cls, config: RadioConfig) -> "Radio":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(
        self,
        frequency: float,
        name: str = "radio",
        *,
        presets: Sequence[float] = (),
        volume=5,
        password: Optional[str] = None,
    ) -> None:
        self.frequency = frequency
        self.name = name
        self.presets = list(presets)
        self.volume = volume
        self.locked = password is not None
        self.on = False

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self) -> None:
        self.on = True

    async def stop(self) -> None:
        self.on = False

    @operation
    async def listen(self) -> str:
        return f"{self.name} {self.frequency:.1f}" if self.on else ""

    @operation
    async def louder(self, by: int = 1) -> int:
        self.volume += by
        return self.volume
