import asyncio
import time
from typing import Dict, List

from .domain import Match, MatchState, Player
from .net import Transport


class Stopwatch:
    def __init__(self):
        self.t0 = self.elapsed = 0.0

    def start(self):
        self.t0 = time.perf_counter()

    def stop(self):
        self.elapsed += time.perf_counter() - self.t0
        return self.elapsed


class GameLoop:
    TICK = 1 / 30

    def __init__(self, transport: Transport):
        self.transport = transport
        self.matches: List[Match] = []
        self._task = None

    async def start(self):
        await self.transport.open()
        self._task = asyncio.create_task(self._run(), name="game-loop")

    async def stop(self):
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.transport.aclose()

    async def _run(self):
        while True:
            for m in [m for m in self.matches if m.state is MatchState.RUNNING]:
                await self.transport.broadcast({"match": id(m)})
            await asyncio.sleep(self.TICK)


class Matchmaker:
    """Pairs waiting players by rating in the background."""

    def __init__(self, loop: GameLoop, *, every: float = 2.0):
        self._loop = loop
        self._every = every
        self._waiting: Dict[str, Player] = {}
        self._job = None

    async def start(self):
        self._job = asyncio.create_task(self._pair_forever())

    async def stop(self):
        self._job.cancel()
        try:
            await self._job
        except asyncio.CancelledError:
            pass
        self._waiting.clear()

    def enqueue(self, p: Player):
        self._waiting[p.nick] = p

    async def _pair_forever(self):
        while True:
            ps = sorted(self._waiting.values(), key=lambda p: p.rating)
            for a, b in zip(ps[::2], ps[1::2]):
                m = Match([a, b])
                m.start()
                self._loop.matches.append(m)
                del self._waiting[a.nick], self._waiting[b.nick]
            await asyncio.sleep(self._every)
