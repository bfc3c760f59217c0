"""Synchronous: the oldest of all."""


class RamProvider:
    def __init__(self, **config):
        self.limit = config.get("limit", 2)
        self.blobs = None

    def initialize(self):
        self.blobs = {}

    def cleanup(self):
        self.blobs = None

    def put(self, name, data):
        if len(self.blobs) >= self.limit:
            raise OverflowError(name)
        self.blobs[name] = data
        return len(self.blobs)

    def get(self, name):
        return self.blobs[name]
