from aurora.core.errors import NotInitializedError
from aurora.core.types import Usage
from aurora.llm.base import LLMConfig, LLMProvider


class EchoConfig(LLMConfig):
    suffix: str = ""


class EchoProvider(LLMProvider):
    def __init__(self, config: EchoConfig):
        super().__init__(config)
        self.suffix = getattr(config, "suffix", "")
        self.usage = Usage(0, 0)

    async def complete(self, prompt: str) -> str:
        if not self._initialized:
            raise NotInitializedError("initialize first", provider=self)
        answer = prompt + self.suffix
        self.usage = Usage(self.usage.prompt + len(prompt), self.usage.completion + len(answer))
        return answer

    async def stream(self, prompt: str):
        for word in (await self.complete(prompt)).split():
            yield word
