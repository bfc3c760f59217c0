from abc import ABC, abstractmethod
from enum import Enum
from uuid import UUID


class AgentState(Enum):
    CREATED = "created"
    READY = "ready"
    CLOSED = "closed"


class BaseAgent(ABC):
    def __init__(self, id: UUID, metadata: dict, config: dict) -> None:
        self.id = id
        self.metadata = metadata
        self.config = config
        self.phase = AgentState.CREATED

    def validate(self) -> None:
        """Raise if the config will not do."""
        if "model" not in self.config:
            raise ValueError("no model")

    @abstractmethod
    async def initialize(self) -> None: ...

    @abstractmethod
    async def cleanup(self) -> None: ...
