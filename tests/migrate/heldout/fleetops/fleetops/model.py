import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Optional


@dataclass
class Stop:
    address: str
    window: tuple = ()
    done: bool = False


@dataclass
class Trip:
    vin: str
    stops: list = field(default_factory=list)
    started_at: Optional[dt.datetime] = None
    stopped_at: Optional[dt.datetime] = None

    def start(self):
        if self.started_at:
            raise TripError("already under way")
        self.started_at = dt.datetime.utcnow()

    def stop(self):
        self.stopped_at = dt.datetime.utcnow()


class TripError(Exception):
    pass


class Trailer:
    def __init__(self, plate):
        self.plate = plate
        self.load_kg = 0
        self.truck = None

    def load(self, kg):
        self.load_kg += kg

    def unload(self, kg=None):
        self.load_kg -= self.load_kg if kg is None else kg

    def connect(self, truck):
        self.truck = truck

    def disconnect(self):
        self.truck = None


class Shift:
    def __init__(self, driver):
        self.driver = driver
        self.entries = []

    def open(self):
        self.entries.append(["in", dt.datetime.now()])

    def close(self):
        self.entries.append(["out", dt.datetime.now()])
