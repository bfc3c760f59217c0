import os
import pickle
import time


class Wreck:
    def __init__(self, **config):
        self.path = config.get("path", os.getenv("WRECK", "wreck"))
        self.secret = config.get("secret", "s")
        self.data = {}

    async def initialize(self):
        time.sleep(0)
        self.data = pickle.loads(pickle.dumps({}))

    async def cleanup(self):
        self.data = {}

    async def put(self, key, value):
        self.data[key] = value
        return sorted(self.data)

    async def lost(self):
        return self.treasure
