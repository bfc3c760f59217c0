from typing import Any, Dict


class LocalStore:
    """Keeps values in a dictionary."""

    def __init__(self, options: Dict[str, Any]):
        self.limit = options.get("limit", 10)
        self.values: Dict[str, Any] = {}
        self.ready = False

    async def initialize(self) -> None:
        self.ready = True

    async def cleanup(self) -> None:
        self.values.clear()
        self.ready = False
