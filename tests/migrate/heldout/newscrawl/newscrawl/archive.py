import gzip
import json
import os


class ArticleArchive:
    async def setup(self):
        raise NotImplementedError

    async def store(self, page):
        raise NotImplementedError

    async def teardown(self):
        raise NotImplementedError


class JsonlArchive(ArticleArchive):
    def __init__(self, path):
        self.path = path
        self.out = None

    async def setup(self):
        os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
        self.out = gzip.open(self.path, "at")

    async def store(self, page):
        self.out.write(json.dumps({"url": page.url, "text": page.text}) + "\n")

    async def teardown(self):
        self.out.close()


class MongoArchive(ArticleArchive):
    def __init__(self, uri, db="news"):
        self.uri, self.db = uri, db

    async def setup(self):
        from motor.motor_asyncio import AsyncIOMotorClient
        self.client = AsyncIOMotorClient(self.uri)
        self.coll = self.client[self.db].articles
        await self.coll.create_index("url", unique=True)

    async def store(self, page):
        await self.coll.replace_one({"url": page.url}, {"url": page.url, "text": page.text}, upsert=True)

    async def teardown(self):
        self.client.close()
