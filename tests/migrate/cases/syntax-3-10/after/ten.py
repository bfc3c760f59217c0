from contextlib import nullcontext
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Ten(LegacyProvider[dict[str, Any]]):
    provider_capabilities = ("read",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Ten":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config: dict[str, int | str] | None = None) -> None:
        self.config = config or {}

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self) -> None:
        with (
            nullcontext(1) as one,
            nullcontext(2) as two,
        ):
            self.base = one + two

    async def stop(self) -> None:
        self.base = 0

    @operation
    async def read(self, message: object) -> str:
        match message:
            case {"kind": "add", "by": int(by)}:
                return f"add {by + self.base}"
            case [first, *rest] if rest:
                return f"{first} and {len(rest)}"
            case str() as text:
                return text
            case _:
                return "?"
