"""GPIB and friends."""
import time
from abc import ABC, abstractmethod
from enum import Flag

import pyvisa


class Status(Flag):
    READY = 1
    BUSY = 2
    ERROR = 4


class InstrumentError(RuntimeError):
    @classmethod
    def load(cls, inst):
        return cls(inst.query("SYST:ERR?"))


class Instrument(ABC):
    resource: str

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self._dev = None

    def connect(self) -> None:
        self._dev = pyvisa.ResourceManager().open_resource(self.resource)
        self.on_connect()

    def disconnect(self) -> None:
        self.on_disconnect()
        self._dev.close()
        self._dev = None

    def on_connect(self) -> None:
        """hook"""

    def on_disconnect(self) -> None:
        """hook"""

    def query(self, cmd: str) -> str:
        return self._dev.query(cmd).strip()


class Multimeter(Instrument):
    def on_connect(self):
        self._dev.write("*RST")

    def volts(self):
        return float(self.query("MEAS:VOLT:DC?"))


class PowerSupply(Instrument):
    def on_disconnect(self):
        self._dev.write("OUTP OFF")

    def set(self, volts):
        self._dev.write(f"VOLT {volts}")


class Oscilloscope(Instrument):
    class Trace:
        def __init__(self, xs, ys):
            self.xs, self.ys = xs, ys

    def capture(self):
        ys = self._dev.query_binary_values("CURV?")
        return self.Trace(list(range(len(ys))), ys)


class SimulatedMultimeter(Multimeter):
    def connect(self):
        self.t0 = time.time()

    def disconnect(self):
        pass

    def volts(self):
        return 3.3
