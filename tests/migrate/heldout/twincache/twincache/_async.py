from ._sync import CacheMeta


class AsyncCache(metaclass=CacheMeta):
    """Async twin of Cache."""

    def __init__(self, url, ttl=300):
        self.url = url
        self.ttl = ttl

    async def initialize(self):
        pass

    async def teardown(self):
        pass

    async def get(self, key, default=None):
        raise NotImplementedError

    async def set(self, key, value, ttl=None):
        raise NotImplementedError


class AsyncRedisCache(AsyncCache, scheme="aioredis"):
    async def initialize(self):
        from redis.asyncio import Redis
        self._r = Redis.from_url(self.url)

    async def teardown(self):
        await self._r.aclose()

    async def get(self, key, default=None):
        v = await self._r.get(key)
        return default if v is None else v

    async def set(self, key, value, ttl=None):
        await self._r.set(key, value, ex=ttl or self.ttl)


class AsyncNullCache(AsyncCache, scheme="aionull"):
    async def get(self, key, default=None):
        return default

    async def set(self, key, value, ttl=None):
        return None


class cached:
    """Decorator object."""

    def __init__(self, cache, key):
        self.cache, self.key = cache, key

    def __call__(self, fn):
        async def inner(*a):
            k = self.key.format(*a)
            v = await self.cache.get(k)
            if v is None:
                v = await fn(*a)
                await self.cache.set(k, v)
            return v
        return inner


class DogpileLock:
    def __init__(self, cache, key, timeout=10):
        self.cache, self.key, self.timeout = cache, key, timeout

    async def __aenter__(self):
        await self.cache.set("lock:" + self.key, 1, self.timeout)

    async def __aexit__(self, *a):
        await self.cache.set("lock:" + self.key, None, 1)
