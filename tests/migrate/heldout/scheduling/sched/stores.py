from abc import abstractmethod


class JobStore:
    def __init__(self, config=None):
        self.config = config or {}

    @abstractmethod
    async def connect(self): ...

    @abstractmethod
    async def shutdown(self): ...

    @abstractmethod
    async def due(self, now): ...


class InMemory(JobStore):
    async def connect(self):
        self.jobs = []

    async def shutdown(self):
        self.jobs = []

    async def due(self, now):
        return [job for job in self.jobs if job.started is None]


class InRedis(JobStore):
    async def connect(self):
        import redis.asyncio

        self.redis = redis.asyncio.Redis(**self.config)

    async def shutdown(self):
        await self.redis.close()

    async def due(self, now):
        return await self.redis.zrange("jobs", 0, now)
