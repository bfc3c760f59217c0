import httpx
from translate.abstract import Opened as Base


class DeepCloud(Base):
    def __init__(self, api_key, region="eu"):
        self.api_key = api_key
        self.region = region

    async def open(self):
        self.http = httpx.AsyncClient(headers={"key": self.api_key})

    async def close(self):
        await self.http.aclose()

    async def translate(self, text):
        return (await self.http.post(f"https://{self.region}.example/t", content=text)).text


class Polite(DeepCloud):
    async def translate(self, text):
        return f"please: {await super().translate(text)}"
