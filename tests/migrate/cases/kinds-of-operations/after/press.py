import functools
from typing import Any

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


def twice(function):
    @functools.wraps(function)
    async def run(self, *arguments):
        await function(self, *arguments)
        return await function(self, *arguments)

    return run


class Press(LegacyProvider[dict[str, Any]]):
    provider_type = ProviderType.CAPABILITY
    provider_version = "2.1"
    provider_capabilities = ("print_page", "stream", "count")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Press":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    version = "2.1"

    def __init__(self, config):
        self.config = config
        self.pages = []

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.pages = ["title"]

    async def stop(self):
        self.pages = []

    @operation
    async def print_page(self, text):
        self.pages.append(text)
        return len(self.pages)

    @operation
    async def stream(self):
        for page in self.pages:
            yield page

    @operation
    def count(self):
        return len(self.pages)

    @property
    def first(self):
        return self.pages[0] if self.pages else None

    @staticmethod
    def ink():
        return "black"

    @classmethod
    def default(cls):
        return cls({})

    async def _hidden(self):
        return "hidden"

    @twice
    async def stamp(self, mark):
        self.pages.append(mark)
        return mark

    def __len__(self):
        return len(self.pages)
