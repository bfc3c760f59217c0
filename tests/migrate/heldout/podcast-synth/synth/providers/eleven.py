import os
from typing import ClassVar, Optional

import httpx

from ..base import SynthesisError, SynthesisProvider


class ElevenProvider(SynthesisProvider):
    URL: ClassVar[str] = "https://api.elevenlabs.example/v1"

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.voice = kwargs.get("voice", "rachel")
        self.api_key = kwargs.get("api_key", os.getenv("ELEVEN_KEY"))
        self.client: Optional[httpx.AsyncClient] = None

    async def initialize(self):
        await super().initialize()
        self.client = httpx.AsyncClient(base_url=self.URL, headers={"xi-api-key": self.api_key or ""})

    async def cleanup(self):
        await self.client.aclose()
        await super().cleanup()

    async def synthesize(self, item):
        r = await self.client.post(f"/text-to-speech/{self.voice}", json={"text": item.text})
        if r.is_error:
            raise SynthesisError(r.text, "eleven")
        return r.content


class SilentProvider(SynthesisProvider):
    async def synthesize(self, item):
        return b"\0" * 44100
