import struct


class Frame:
    def __init__(self, start, payload, stop):
        self.start = start
        self.payload = payload
        self.stop = stop

    def pack(self):
        return struct.pack(">B%dsB" % len(self.payload), self.start, self.payload, self.stop)


class ModbusPort:
    def __init__(self, settings):
        self.settings = settings
        self.line = None

    def open(self):
        self.line = self.settings.get("device", "/dev/null")

    def close(self):
        self.line = None

    def read_register(self, number):
        return (self.line, number)


class Register:
    def __init__(self, number):
        self.number = number

    def __get__(self, port, owner=None):
        return port.read_register(self.number)
