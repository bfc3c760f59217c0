import asyncio
import enum


class Codec(enum.IntEnum):
    H264 = 1
    AV1 = 2

    def load(self):
        return self.name.lower()


class Preset:
    """Values only."""

    quality = 23
    codec = Codec.AV1


class Transcoder:
    def __init__(self, workers: int = 2, settings: dict | None = None):
        self.workers = workers
        self.settings = settings or {}
        self.queue = None

    async def startup(self):
        self.queue = asyncio.Queue(self.workers)

    async def start(self):
        await self.startup()

    async def stop(self):
        self.queue = None

    async def encode(self, frame, codec=Codec.H264):
        await self.queue.put((frame, codec))
        return self.queue.qsize()


class Player:
    def __init__(self, stream):
        self.stream = stream
        self.playing = False

    def play(self):
        self.playing = True

    def pause(self):
        self.playing = False

    def stop(self):
        self.playing = False
