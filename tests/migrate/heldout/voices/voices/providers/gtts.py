from pydantic import BaseModel
from voices.providers.base import BaseProvider


class GttsConfig(BaseModel):
    language: str = "pt"
    slow: bool = False


class Gtts(BaseProvider):
    def __init__(self, **config):
        self.config = GttsConfig(**config)

    async def synthesize(self, text):
        return f"{self.config.language}:{text}".encode()
