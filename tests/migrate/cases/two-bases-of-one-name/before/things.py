import agents.base
from content.base import BaseProvider


class Agent(agents.base.BaseProvider):
    async def act(self, what):
        return f"{self.config.get('who', 'agent')} {what}"


class Page(BaseProvider):
    def __init__(self, config):
        self.title = config["title"]

    async def start(self):
        self.words = self.title.split()

    async def stop(self):
        self.words = []

    async def length(self):
        return len(self.words)
