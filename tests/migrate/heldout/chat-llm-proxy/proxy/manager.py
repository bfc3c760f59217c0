import asyncio
import logging

from proxy import providers
from proxy.providers import ProviderConfig, ProviderType


class LLMManager:
    """Creates vendors on demand, keeps them by name, closes them all."""

    classes = {
        ProviderType.OPENAI: providers.OpenAI,
        ProviderType.MISTRAL: providers.Mistral,
        ProviderType.OLLAMA: providers.Ollama,
    }

    def __init__(self):
        self._live = {}
        self._lock = asyncio.Lock()

    def register(self, kind, cls):
        self.classes[kind] = cls

    async def get_provider(self, config: ProviderConfig):
        async with self._lock:
            key = (config.type, config.model)
            if key not in self._live:
                p = self.classes[config.type](config)
                await p.initialize()
                self._live[key] = p
            return self._live[key]

    async def cleanup(self):
        for p in self._live.values():
            await p.cleanup()
        self._live.clear()


class TokenFilter(logging.Filter):
    def filter(self, record):
        record.msg = str(record.msg).replace("sk-", "**-")
        return True
