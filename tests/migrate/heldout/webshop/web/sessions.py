import redis.asyncio as redis


class SessionStore:
    def __init__(self, url, ttl=3600):
        self.url = url
        self.ttl = ttl

    async def initialize(self):
        self.redis = redis.from_url(self.url)

    async def dispose(self):
        await self.redis.aclose()

    async def get(self, sid):
        return await self.redis.get(sid)


class Session(dict):
    def __init__(self, sid, data=()):
        super().__init__(data)
        self.sid = sid
        self.dirty = False

    def __setitem__(self, key, value):
        self.dirty = True
        super().__setitem__(key, value)

    def load(self, data):
        self.update(data)
