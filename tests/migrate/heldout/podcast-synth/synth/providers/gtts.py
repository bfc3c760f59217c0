import io

from gtts import gTTS
from pydantic import BaseModel, Field

from synth.base import ContentItem, SynthesisProvider


class GTTSProvider(SynthesisProvider):
    class Config(BaseModel):
        lang: str = Field(default="en")
        slow: bool = False

    def __init__(self, **config):
        self.config = self.Config(**config)

    async def initialize(self):
        pass

    async def cleanup(self):
        pass

    async def synthesize(self, item: ContentItem):
        buf = io.BytesIO()
        gTTS(item.text, lang=self.config.lang, slow=self.config.slow).write_to_fp(buf)
        return buf.getvalue()
