from uuid import UUID

from .base import AgentState, BaseAgent


class Parrot(BaseAgent):
    def __init__(self, id: UUID, metadata: dict, config: dict) -> None:
        super().__init__(id, metadata, config)
        self.heard: list[str] = []

    async def initialize(self) -> None:
        self.validate()
        self.phase = AgentState.READY

    async def cleanup(self) -> None:
        self.phase = AgentState.CLOSED

    async def say(self, words: str) -> str:
        self.heard.append(words)
        return words
