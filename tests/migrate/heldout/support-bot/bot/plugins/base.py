import asyncio
from enum import Enum, auto


class PluginState(Enum):
    FRESH = auto()
    LOADED = auto()
    UNLOADED = auto()


def hook(event):
    def mark(fn):
        fn.__hook__ = event
        return fn

    return mark


class Plugin:
    """Loaded when the bot comes up; `unload` must leave nothing behind."""

    name = "unnamed"

    def __init__(self, bot, **options):
        self.bot = bot
        self.options = options
        self.state = PluginState.FRESH

    async def load(self):
        self.state = PluginState.LOADED

    async def unload(self):
        self.state = PluginState.UNLOADED
