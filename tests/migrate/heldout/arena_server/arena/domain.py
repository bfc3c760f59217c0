from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import List, Optional
from uuid import UUID, uuid4


class MatchState(str, Enum):
    LOBBY = "lobby"
    RUNNING = "running"
    OVER = "over"


@dataclass
class Player:
    id: UUID = field(default_factory=uuid4)
    nick: str = ""
    rating: int = 1000
    online: bool = False

    def connect(self):
        self.online = True

    def disconnect(self):
        self.online = False


@dataclass
class Match:
    players: List[Player]
    state: MatchState = MatchState.LOBBY
    started: Optional[datetime] = None
    winner: Optional[Player] = None

    def start(self) -> None:
        if len(self.players) < 2:
            raise ValueError("not enough players")
        self.state = MatchState.RUNNING
        self.started = datetime.now(timezone.utc)

    def stop(self, winner: Optional[Player] = None) -> None:
        self.state = MatchState.OVER
        self.winner = winner
