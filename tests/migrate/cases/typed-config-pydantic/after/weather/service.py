from purveyor import operation
from purveyor.migrate import LegacyProvider

from .config import WeatherConfig


class WeatherService(LegacyProvider[WeatherConfig]):
    """Answers from a table, as the real one would from the air."""

    provider_capabilities = ("temperature",)

    @classmethod
    def from_config(cls, config: WeatherConfig) -> "WeatherService":
        """Build it from a typed config, by the constructor."""
        return cls(config)

    def __init__(self, config: WeatherConfig):
        self.config = config
        self._table: dict[str, int] | None = None

    async def initialize(self) -> None:
        self._table = {"north": 3, "south": 21}

    async def cleanup(self) -> None:
        self._table = None

    @operation
    async def temperature(self, place: str) -> int:
        """Degrees at `place`."""
        if self._table is None:
            raise RuntimeError(f"{self.config.station} is closed")
        return self._table[place]

    def describe(self) -> str:
        return f"{self.config.station} within {self.config.timeout} s"
