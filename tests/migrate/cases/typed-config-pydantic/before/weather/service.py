from .config import WeatherConfig


class WeatherService:
    """Answers from a table, as the real one would from the air."""

    def __init__(self, config: WeatherConfig):
        self.config = config
        self._table: dict[str, int] | None = None

    async def initialize(self) -> None:
        self._table = {"north": 3, "south": 21}

    async def cleanup(self) -> None:
        self._table = None

    async def temperature(self, place: str) -> int:
        """Degrees at `place`."""
        if self._table is None:
            raise RuntimeError(f"{self.config.station} is closed")
        return self._table[place]

    def describe(self) -> str:
        return f"{self.config.station} within {self.config.timeout} s"
