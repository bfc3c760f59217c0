from enum import Enum
from typing import Any, NamedTuple, TypedDict


class ProviderType(str, Enum):
    LLM = "llm"
    MEMORY = "memory"
    STORAGE = "storage"


class Message(TypedDict):
    role: str
    content: str


class Usage(NamedTuple):
    prompt: int
    completion: int

    @property
    def total(self) -> int:
        return self.prompt + self.completion


JSON = dict[str, Any]
