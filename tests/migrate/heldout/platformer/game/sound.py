import asyncio


class Mixer:
    """Owns the sound card while the game runs."""

    def __init__(self, rate=44100, channels=2):
        self.rate = rate
        self.channels = channels
        self._pump = None

    async def start(self):
        self._pump = asyncio.create_task(self._run())

    async def stop(self):
        self._pump.cancel()

    async def _run(self):
        while True:
            await asyncio.sleep(1)

    async def play(self, name):
        return name


class Note:
    def __init__(self, pitch, start, stop):
        self.pitch = pitch
        self.start = start
        self.stop = stop
