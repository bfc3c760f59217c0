import json

from bot.plugins.base import Plugin, hook

__all__ = ["FaqPlugin"]


class _Index:
    def __init__(self, rows):
        self.rows = rows

    def best(self, words):
        return max(self.rows, key=lambda r: len(words & set(r["q"].split())), default=None)


class FaqPlugin(Plugin):
    name = "faq"

    async def load(self):
        with open(self.options.get("path", "faq.json"), encoding="utf-8") as fh:
            self.index = _Index(json.load(fh))
        await super().load()

    async def unload(self):
        self.index = None
        await super().unload()

    @hook("message")
    async def answer(self, message):
        row = self.index.best(set(message.content.split()))
        if row:
            await message.reply(row["a"])
