class FeatureStore:
    async def connect(self):
        raise NotImplementedError

    async def teardown(self):
        raise NotImplementedError

    async def features(self, key):
        raise NotImplementedError


class OnlineStore(FeatureStore):
    def __init__(self, redis_url, namespace="f"):
        self.redis_url = redis_url
        self.namespace = namespace

    async def connect(self):
        self.values = {}

    async def teardown(self):
        self.values = {}

    async def features(self, key):
        return self.values.get(f"{self.namespace}:{key}")


class ConstantStore(FeatureStore):
    async def connect(self):
        self.value = 1

    async def teardown(self):
        self.value = 0

    async def features(self, key):
        return self.value
