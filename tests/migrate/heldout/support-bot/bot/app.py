import discord

from bot.plugins import FaqPlugin, TicketPlugin


class SupportBot(discord.Client):
    async def setup_hook(self):
        self.plugins = [FaqPlugin(self), TicketPlugin(self, url="https://tickets.internal/api")]
        for p in self.plugins:
            await p.load()

    async def on_message(self, message):
        for p in self.plugins:
            for attr in dir(p):
                fn = getattr(p, attr)
                if getattr(fn, "__hook__", None) == "message":
                    await fn(message)
