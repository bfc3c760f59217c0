import json
import pickle
from pickle import loads as thaw


class Stash:
    def __init__(self, config):
        self.config = config
        self.data = b""

    async def initialize(self):
        self.data = pickle.dumps([])

    async def cleanup(self):
        self.data = b""

    async def put(self, thing):
        things = thaw(self.data)
        self.data = pickle.dumps([*things, thing])
        return len(things) + 1


class Plain:
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        self.data = "[]"

    async def cleanup(self):
        self.data = "[]"

    async def put(self, thing):
        things = json.loads(self.data)
        self.data = json.dumps([*things, thing])
        return len(things) + 1
