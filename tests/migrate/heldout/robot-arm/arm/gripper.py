import logging
from abc import ABC, abstractmethod
from enum import Enum

_log = logging.getLogger(__name__)


class GripState(Enum):
    OPEN = 0
    CLOSED = 1


class Gripper(ABC):
    """`open` and `close` move fingers, here."""

    state = GripState.OPEN

    @abstractmethod
    def open(self): ...

    @abstractmethod
    def close(self): ...


class VacuumGripper(Gripper):
    def __init__(self, valve):
        self.valve = valve

    def open(self):
        self.valve.vent()
        self.state = GripState.OPEN

    def close(self):
        self.valve.suck()
        self.state = GripState.CLOSED


class ServoLink:
    def __init__(self, port="/dev/ttyUSB0"):
        self.port = port

    def initialize(self):
        import dynamixel_sdk as d

        self._p = d.PortHandler(self.port)
        self._p.openPort()

    def shutdown(self):
        self._p.closePort()

    def goto(self, servo, ticks):
        self._p.writePort([servo, ticks])


class DryServoLink(ServoLink):
    def initialize(self):
        self.sent = []

    def shutdown(self):
        _log.info("%d moves", len(self.sent))

    def goto(self, servo, ticks):
        self.sent.append((servo, ticks))
