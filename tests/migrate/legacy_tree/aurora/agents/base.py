"""Agents have an identity, a state and a synchronous validate."""

from abc import ABC, abstractmethod
from enum import Enum
from uuid import UUID


class AgentState(Enum):
    CREATED = "created"
    READY = "ready"
    CLOSED = "closed"


class BaseProvider(ABC):
    def __init__(self, id: UUID, metadata: dict, config: dict) -> None:
        self.id = id
        self.metadata = metadata
        self.config = config
        self.phase = AgentState.CREATED

    def validate(self) -> None:
        if not self.config.get("skills"):
            raise ValueError("an agent without skills")

    @abstractmethod
    async def initialize(self) -> None: ...

    @abstractmethod
    async def cleanup(self) -> None: ...
