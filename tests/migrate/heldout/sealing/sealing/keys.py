from typing import Protocol


class KeyProvider(Protocol):
    def key(self) -> bytes: ...

    def close(self) -> None: ...


class FixedKeyProvider:
    def __init__(self, key):
        self._key = key

    def key(self):
        return self._key


class RotatingKeys:
    def __init__(self, every=3600.0, length=32):
        self.every = every
        self.length = length
        self.current_key = None

    async def start(self):
        self.current_key = bytes(self.length)

    async def stop(self):
        self.current_key = None

    async def key(self):
        return self.current_key
