from __future__ import annotations

import contextlib
import queue
import socketserver
import threading
from typing import NewType, overload

import can

Vin = NewType("Vin", str)


class CanFault(Exception):
    ...


class Frame:
    def __init__(self, arb, data):
        self.arb = arb
        self.data = data


class CanBus:
    def __init__(self, channel="can0", bitrate=500_000):
        self.channel = channel
        self.bitrate = bitrate
        self._bus: can.BusABC | None = None

    def open(self) -> None:
        self._bus = can.Bus(self.channel, interface="socketcan", bitrate=self.bitrate)

    def shutdown(self) -> None:
        if self._bus is not None:
            self._bus.shutdown()

    def recv(self, timeout=1.0) -> Frame:
        m = self._bus.recv(timeout)
        if m is None:
            raise CanFault("silence")
        return Frame(m.arbitration_id, m.data)


class ReplayBus(CanBus):
    def __init__(self, path):
        super().__init__("virtual")
        self.path = path

    def open(self):
        self._it = iter(can.ASCReader(self.path))

    def shutdown(self):
        self._it = None

    def recv(self, timeout=1.0):
        m = next(self._it)
        return Frame(m.arbitration_id, m.data)


class Pids:
    RPM = 0x0C
    SPEED = 0x0D


class TelematicsHandler(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.vin = Vin(self.rfile.readline().decode().strip())

    def handle(self):
        for line in self.rfile:
            self.server.sink.put((self.vin, line))

    def finish(self):
        super().finish()


class TelematicsServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, addr, sink: queue.Queue):
        super().__init__(addr, TelematicsHandler)
        self.sink = sink
