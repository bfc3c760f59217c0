"""LLM vendors behind one door."""
import abc
import os
from dataclasses import dataclass
from enum import Enum
from typing import AsyncIterator, Dict, List, Optional, Union

import httpx


class ProviderType(Enum):
    OPENAI = "openai"
    MISTRAL = "mistral"
    OLLAMA = "ollama"


class ProviderError(Exception):
    pass


class RateLimited(ProviderError):
    def __init__(self, retry_after: float):
        super().__init__(f"retry after {retry_after}")
        self.retry_after = retry_after


@dataclass
class ProviderConfig:
    type: ProviderType
    model: str
    api_key: Optional[str] = None
    options: Optional[Dict[str, Union[str, int]]] = None


@dataclass
class Message:
    role: str
    content: str


class LLM(abc.ABC):
    def __init__(self, config: ProviderConfig) -> None:
        self.config = config

    async def __aenter__(self) -> "LLM":
        await self.initialize()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cleanup()

    @abc.abstractmethod
    async def initialize(self) -> None: ...

    @abc.abstractmethod
    async def cleanup(self) -> None: ...

    @abc.abstractmethod
    def stream(self, messages: List[Message]) -> AsyncIterator[str]: ...


class _HttpLLM(LLM):
    base_url = ""

    async def initialize(self) -> None:
        self.http = httpx.AsyncClient(base_url=self.base_url, headers=self._headers())

    async def cleanup(self) -> None:
        await self.http.aclose()

    def _headers(self):
        return {"Authorization": "Bearer " + (self.config.api_key or os.environ["LLM_KEY"])}

    async def stream(self, messages):
        async with self.http.stream("POST", "/chat", json=[vars(m) for m in messages]) as r:
            if r.status_code == 429:
                raise RateLimited(float(r.headers["retry-after"]))
            async for line in r.aiter_lines():
                yield line


class OpenAI(_HttpLLM):
    base_url = "https://api.openai.example/v1"


class Mistral(_HttpLLM):
    base_url = "https://api.mistral.example/v1"


class Ollama(_HttpLLM):
    base_url = "http://localhost:11434"

    def _headers(self):
        return {}
