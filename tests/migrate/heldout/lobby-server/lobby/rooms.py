import itertools
from dataclasses import dataclass, field
from enum import IntEnum

from lobby import transport as tp


class Phase(IntEnum):
    WAITING = 0
    RUNNING = 1
    OVER = 2


@dataclass
class Player:
    id: int
    link: tp.Transport
    score: int = 0


class Match:
    """A game in progress. start and stop are moves of the game, not of a resource."""

    _ids = itertools.count(1)

    def __init__(self, players):
        self.id = next(self._ids)
        self.players = players
        self.phase = Phase.WAITING

    def start(self):
        self.phase = Phase.RUNNING

    def stop(self):
        self.phase = Phase.OVER

    def winner(self):
        return max(self.players, key=lambda p: p.score)


class FrameProtocol(__import__("asyncio").Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)
