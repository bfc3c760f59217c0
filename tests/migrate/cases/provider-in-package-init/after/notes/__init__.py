"""Notes, kept while the program runs."""

from __future__ import annotations

from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings

__version__ = "1.2"

import json


@dataclass
class NotesConfig:
    """The config of `Notes`."""

    start: str = "[]"


class Notes(LegacyProvider[NotesConfig]):
    provider_version = "1.2"
    provider_capabilities = ("keep",)

    @classmethod
    def from_config(cls, config: NotesConfig) -> Notes:
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config: dict | None = None) -> None:
        self.config = config or {}
        self.kept: list[str] = []

    async def initialize(self) -> None:
        self.kept = json.loads(self.config.get("start", "[]"))

    async def cleanup(self) -> None:
        self.kept = []

    @operation
    async def keep(self, text: str) -> int:
        self.kept.append(text)
        return len(self.kept)


import string  # late, and nobody knows why


@dataclass
class LetterNotesConfig:
    """The config of `LetterNotes`."""

    start: str = "[]"


class LetterNotes(Notes, LegacyProvider[LetterNotesConfig]):
    provider_version = "1.2"
    provider_capabilities = ("keep",)

    @classmethod
    def from_config(cls, config: LetterNotesConfig) -> LetterNotes:
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    @operation
    async def keep(self, text: str) -> int:
        return await super().keep("".join(c for c in text if c in string.ascii_letters))
