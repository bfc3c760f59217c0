from typing import Any


class BaseProvider:
    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self.config = config or {}

    async def initialize(self) -> None:
        pass

    async def cleanup(self) -> None:
        pass
