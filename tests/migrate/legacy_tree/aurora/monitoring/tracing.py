from typing import Any, Dict, List, Optional


class ConsoleTrace:
    def __init__(self, config: Optional[Dict[str, Any]] = None):
        self.config = config or {}
        self.prefix = self.config.get("prefix", "trace")

    def span(self, name: str) -> str:
        return f"{self.prefix}:{name}"

    async def shutdown(self) -> None:
        self.prefix = ""


class ListTrace:
    def __init__(self, config: Optional[Dict[str, Any]] = None):
        self.config = config or {}
        self.spans: List[str] = []

    def span(self, name: str) -> str:
        self.spans.append(name)
        return name

    async def flush(self) -> int:
        number = len(self.spans)
        self.spans = []
        return number

    async def shutdown(self) -> None:
        await self.flush()
