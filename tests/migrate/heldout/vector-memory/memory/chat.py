from collections import deque
from typing import TypedDict

from . import Memory


class Turn(TypedDict):
    role: str
    text: str


class Conversation:
    def __init__(self, memory: Memory, keep: int = 20):
        self.memory = memory
        self.turns: "deque[Turn]" = deque(maxlen=keep)

    def say(self, role, text):
        self.turns.append({"role": role, "text": text})

    def close(self):
        self.turns.clear()


class EpisodicMemory(Memory):
    def __init__(self, path, config=None):
        super().__init__(config)
        self.path = path

    async def initialize(self):
        self._log = open(self.path, "a+")

    async def shutdown(self):
        self._log.close()

    async def add(self, entry):
        self._log.write(entry.model_dump_json() + "\n")

    async def search(self, vector, k=5):
        self._log.seek(0)
        for line in self._log.readlines()[-k:]:
            yield line
