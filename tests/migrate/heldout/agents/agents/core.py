from abc import abstractmethod
from enum import Enum


class AgentState(Enum):
    IDLE = "idle"
    BUSY = "busy"


class Agent:
    def __init__(self, id, metadata, config):
        self.id = id
        self.metadata = metadata
        self.config = config
        self.phase = AgentState.IDLE

    @abstractmethod
    async def initialize(self): ...

    @abstractmethod
    async def cleanup(self): ...

    def validate(self):
        return bool(self.config)
