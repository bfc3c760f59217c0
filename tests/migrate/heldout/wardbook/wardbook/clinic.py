"""Hospital bed management. No I/O in here."""
from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from typing import Dict, List, NamedTuple, Optional


class BedState(enum.Enum):
    FREE = "free"
    OCCUPIED = "occupied"
    CLEANING = "cleaning"
    CLOSED = "closed"


class WardClosed(Exception):
    pass


class Vitals(NamedTuple):
    pulse: int
    systolic: int
    diastolic: int


@dataclass
class Bed:
    number: str
    state: BedState = BedState.FREE

    def open(self):
        self.state = BedState.FREE

    def close(self):
        self.state = BedState.CLOSED

    def cleanup(self):
        """Housekeeping comes."""
        self.state = BedState.CLEANING


@dataclass
class Encounter:
    patient: str
    started: Optional[dt.datetime] = None
    stopped: Optional[dt.datetime] = None
    vitals: List[Vitals] = field(default_factory=list)

    def start(self):
        self.started = dt.datetime.now()

    def stop(self):
        self.stopped = dt.datetime.now()


class InpatientEncounter(Encounter):
    bed: Bed = None

    def start(self):
        super().start()
        self.bed.state = BedState.OCCUPIED

    def stop(self):
        super().stop()
        self.bed.cleanup()


class Infusion:
    def __init__(self, drug, ml_per_h):
        self.drug = drug
        self.ml_per_h = ml_per_h
        self.running = False

    def connect(self, line):
        self.line = line

    def disconnect(self):
        self.line = None
        self.running = False

    def start(self):
        self.running = True

    def stop(self):
        self.running = False


class Ward:
    def __init__(self, name, beds):
        self.name = name
        self.beds: Dict[str, Bed] = {b.number: b for b in beds}
        self.is_open = False

    def open(self):
        self.is_open = True
        for b in self.beds.values():
            b.open()

    def close(self):
        if any(b.state is BedState.OCCUPIED for b in self.beds.values()):
            raise WardClosed("patients left in " + self.name)
        self.is_open = False

    def admit(self, enc: InpatientEncounter):
        if not self.is_open:
            raise WardClosed(self.name)
        enc.bed = next(b for b in self.beds.values() if b.state is BedState.FREE)
        enc.start()
