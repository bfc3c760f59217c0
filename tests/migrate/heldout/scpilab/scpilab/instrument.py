"""Thin layer on pyvisa used by the RF lab."""
import time
from contextlib import contextmanager
from typing import Generic, TypeVar

import pyvisa

T = TypeVar("T")


class InstrumentTimeout(Exception):
    pass


class Setting(Generic[T]):
    """Descriptor mapping an attribute to a SCPI command."""

    def __init__(self, cmd, conv=float):
        self.cmd = cmd
        self.conv = conv

    def __get__(self, inst, owner) -> T:
        if inst is None:
            return self
        return self.conv(inst.ask(self.cmd + "?"))

    def __set__(self, inst, value: T):
        inst.tell(f"{self.cmd} {value}")


class Instrument:
    idn_prefix = ""

    def __init__(self, address: str, timeout_ms: int = 5000):
        self.address = address
        self.timeout_ms = timeout_ms
        self._res = None

    def open(self):
        self._res = pyvisa.ResourceManager().open_resource(self.address)
        self._res.timeout = self.timeout_ms
        idn = self.ask("*IDN?")
        if not idn.startswith(self.idn_prefix):
            self.close()
            raise RuntimeError("unexpected instrument " + idn)
        self.on_open()

    def on_open(self):
        """override me"""

    def on_close(self):
        """override me"""

    def close(self):
        if self._res is None:
            return
        self.on_close()
        self._res.close()
        self._res = None

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *_):
        self.close()

    def tell(self, s):
        self._res.write(s)

    def ask(self, s):
        try:
            return self._res.query(s).strip()
        except pyvisa.VisaIOError as e:
            raise InstrumentTimeout(s) from e


class Scope(Instrument):
    timebase = Setting("TIM:SCAL")

    def waveform(self, channel):
        raise NotImplementedError


class SignalGenerator(Instrument):
    frequency = Setting("SOUR:FREQ")
    power = Setting("SOUR:POW")

    @contextmanager
    def rf_on(self):
        self.tell("OUTP ON")
        try:
            yield self
        finally:
            self.tell("OUTP OFF")

    def on_close(self):
        self.tell("OUTP OFF")
