import httpx


class Geocoder:
    def __init__(self, provider, settings=None):
        self.provider = provider
        self.settings = settings or {}

    async def init(self):
        self.client = httpx.AsyncClient(base_url=self.provider.url)

    async def close(self):
        await self.client.aclose()

    async def find(self, text):
        return (await self.client.get("/search", params={"q": text})).json()
