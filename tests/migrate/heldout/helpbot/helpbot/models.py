from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Incoming:
    chat: str
    text: str


@dataclass
class Outgoing:
    chat: str
    text: str


class Conversation:
    IDLE = timedelta(minutes=15)

    def __init__(self, chat):
        self.chat = chat
        self.turns = []
        self.opened = None

    def open(self):
        self.opened = datetime.now()

    def close(self):
        self.opened = None
        self.turns.clear()

    @property
    def expired(self):
        return self.opened is not None and datetime.now() - self.opened > self.IDLE


class Skill:
    triggers = ()

    def matches(self, text):
        return any(t in text.lower() for t in self.triggers)

    async def answer(self, conv, text):
        raise NotImplementedError


class OpeningHours(Skill):
    triggers = ("open", "hours")

    async def answer(self, conv, text):
        return "Mo-Fr 9-17"


class Goodbye(Skill):
    triggers = ("bye",)

    async def answer(self, conv, text):
        conv.close()
        return "See you!"
