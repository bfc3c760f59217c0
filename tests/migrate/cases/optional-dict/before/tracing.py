from __future__ import annotations

from typing import Any, Dict, Optional


class ConsoleTrace:
    """Writes spans to a list."""

    def __init__(self, config: Optional[Dict[str, Any]] = None) -> None:
        self.config = config or {}
        self.service = self.config.get("service", "app")
        self.rate = self.config.get("rate", 1.0)
        self.lines: list[str] = []

    def span(self, name: str) -> str:
        line = f"{self.service}:{name}"
        self.lines.append(line)
        return line

    async def export(self) -> int:
        return len(self.lines)

    async def shutdown(self) -> None:
        self.lines.clear()
