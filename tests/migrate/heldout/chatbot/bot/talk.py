from pathlib import Path

from pydantic import BaseModel


class Utterance(BaseModel):
    role: str
    content: str


class Conversation:
    def __init__(self, brain):
        self.brain = brain
        self.messages = []

    async def say(self, text):
        self.messages.append({"role": "user", "content": text})
        answer = await self.brain.answer(self.messages)
        self.messages.append({"role": "assistant", "content": answer})
        return answer

    def reset(self):
        self.messages.clear()


class PromptTemplate:
    def __init__(self, text):
        self.text = text

    @classmethod
    def load(cls, path):
        return cls(Path(path).read_text())

    def render(self, **values):
        return self.text.format(**values)
