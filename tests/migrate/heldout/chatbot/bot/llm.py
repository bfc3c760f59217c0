from abc import ABC, abstractmethod

import openai
from bot.settings import BackendSettings


class Brain(ABC):
    def __init__(self, settings: BackendSettings):
        self.settings = settings
        self.client = None

    async def setup(self) -> None:
        """Called once before the first question."""

    async def teardown(self) -> None:
        """Called once after the last."""

    @abstractmethod
    async def answer(self, messages) -> str: ...


class CloudBrain(Brain):
    async def setup(self) -> None:
        self.client = openai.AsyncOpenAI(api_key=self.settings.api_key.get_secret_value())

    async def teardown(self) -> None:
        await self.client.close()

    async def answer(self, messages) -> str:
        reply = await self.client.chat.completions.create(model=self.settings.model, messages=messages)
        return reply.choices[0].message.content


class ParrotBrain(Brain):
    async def answer(self, messages) -> str:
        return messages[-1]["content"]
