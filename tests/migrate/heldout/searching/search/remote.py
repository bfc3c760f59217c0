from elasticsearch import AsyncElasticsearch

from . import Index as Base


class Elastic(Base):
    async def open(self):
        self.client = AsyncElasticsearch(self.config["hosts"])

    async def close(self):
        await self.client.close()

    async def query(self, text):
        return await self.client.search(q=text)
