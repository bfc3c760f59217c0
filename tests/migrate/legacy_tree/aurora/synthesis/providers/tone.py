from ..base import SynthesisConfig, SynthesisProvider


class ToneProvider(SynthesisProvider):
    """Keyword arguments into the config of the base, and out of it again."""

    def __init__(self, **kwargs):
        super().__init__(SynthesisConfig(type="tone", settings=kwargs))
        self.pitch = kwargs.get("pitch", 440)
        self.voice = kwargs.get("voice", "flat")
        self.api_token = kwargs.get("api_token")

    async def initialize(self):
        self._initialized = True

    async def cleanup(self):
        self._initialized = False

    async def say(self, text):
        if not self._initialized:
            raise RuntimeError("not initialized")
        return f"{self.voice}@{self.pitch}: {text}".encode()
