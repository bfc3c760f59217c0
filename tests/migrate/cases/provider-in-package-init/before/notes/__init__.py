"""Notes, kept while the program runs."""

from __future__ import annotations

__version__ = "1.2"

import json


class Notes:
    def __init__(self, config: dict | None = None) -> None:
        self.config = config or {}
        self.kept: list[str] = []

    async def initialize(self) -> None:
        self.kept = json.loads(self.config.get("start", "[]"))

    async def cleanup(self) -> None:
        self.kept = []

    async def keep(self, text: str) -> int:
        self.kept.append(text)
        return len(self.kept)


import string  # late, and nobody knows why


class LetterNotes(Notes):
    async def keep(self, text: str) -> int:
        return await super().keep("".join(c for c in text if c in string.ascii_letters))
