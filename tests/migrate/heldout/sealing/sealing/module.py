import contextlib

import pkcs11


class HardwareModule:
    def __init__(self, settings):
        self.settings = settings
        self.session = None

    def open(self):
        self.session = pkcs11.lib(self.settings["library"])

    def close(self):
        self.session = None

    def sign(self, data):
        return self.session.sign(data)


class Cipher:
    def __init__(self, key):
        self.key = key

    def seal(self, data):
        return bytes(byte ^ self.key[0] for byte in data)

    def open(self, data):
        return self.seal(data)


class Wiped(contextlib.ContextDecorator):
    def __init__(self, buffer):
        self.buffer = buffer

    def __enter__(self):
        return self.buffer

    def __exit__(self, *error):
        self.buffer[:] = bytes(len(self.buffer))


class SealError(Exception):
    pass
