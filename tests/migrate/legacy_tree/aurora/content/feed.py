from pydantic import BaseModel

from aurora.content.plugin import Source, plugin


class FeedConfig(BaseModel):
    url: str = "memory:"
    limit: int = 2


@plugin("feed", priority=2)
class FeedSource(Source):
    def __init__(self, **config):
        self.config = FeedConfig(**config)
        self.entries = []

    async def setup(self):
        self.entries = [f"{self.config.url}{number}" for number in range(self.config.limit)]

    async def teardown(self):
        self.entries = []

    async def fetch(self):
        return list(self.entries)
