import pytest

from proxy.providers import LLM, ProviderConfig, ProviderType


class EchoLLM(LLM):
    async def initialize(self):
        self.calls = []

    async def cleanup(self):
        pass

    async def stream(self, messages):
        for m in messages:
            self.calls.append(m)
            yield m.content


@pytest.fixture
async def llm():
    async with EchoLLM(ProviderConfig(ProviderType.OLLAMA, "echo")) as it:
        yield it
