from abc import abstractmethod
from typing import AsyncGenerator, List

from agentkit.core import BaseProvider as Provider
from agentkit.core import ProviderConfig, ProviderError, ProviderRegistry


class Message(dict):
    pass


class LLMConfig(ProviderConfig):
    model: str = "gpt-4o-mini"
    temperature: float = 0.7


class LLMProvider(Provider):
    """Base for language models."""

    @abstractmethod
    async def complete(self, messages: List[Message]) -> str: ...

    async def stream(self, messages) -> AsyncGenerator[str, None]:
        yield await self.complete(messages)


class OpenAIProvider(LLMProvider):
    def __init__(self, config: LLMConfig):
        super().__init__(config)
        self._client = None

    async def _initialize(self):
        from openai import AsyncOpenAI
        self._client = AsyncOpenAI(api_key=self.config.config["api_key"])

    async def _cleanup(self):
        await self._client.close()
        self._client = None

    async def complete(self, messages):
        r = await self._client.chat.completions.create(model=self.config.model, messages=messages)
        return r.choices[0].message.content


class EchoLLM(LLMProvider):
    async def _initialize(self):
        pass

    async def _cleanup(self):
        pass

    async def complete(self, messages):
        return messages[-1]["content"]


class RoutedLLM(OpenAIProvider):
    """Picks the model by prompt length."""

    async def complete(self, messages):
        n = sum(len(m["content"]) for m in messages)
        self.config.model = "gpt-4o" if n > 8000 else "gpt-4o-mini"
        return await super().complete(messages)


class Prompt:
    def __init__(self, template):
        self.template = template

    def render(self, **kw) -> List[Message]:
        return [Message(role="user", content=self.template.format(**kw))]


ProviderRegistry.register("openai", OpenAIProvider)
ProviderRegistry.register("echo", EchoLLM)
