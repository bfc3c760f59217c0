from .base import AgentState, BaseProvider


class Parrot(BaseProvider):
    async def initialize(self):
        self.validate()
        self.phase = AgentState.READY

    async def cleanup(self):
        self.phase = AgentState.CLOSED

    async def act(self, words):
        return f"{self.metadata['name']}: {words}"
