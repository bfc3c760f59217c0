"""Text to speech and speech to text engines."""
import asyncio
import io
import os
import tempfile
import wave
from abc import ABC, abstractmethod
from typing import Any, AsyncIterator, Dict, Optional

from pydantic import BaseModel, ConfigDict, Field


class TTSConfig(BaseModel):
    model_config = ConfigDict(extra="ignore")

    language: str = "pt-BR"
    voice: Optional[str] = None
    rate: float = Field(1.0, ge=0.5, le=2.0)


class ElevenConfig(TTSConfig):
    api_key: str = Field(default_factory=lambda: os.getenv("ELEVEN_KEY", ""))
    stability: float = 0.5


class SynthesisError(Exception):
    """Audio could not be produced."""


class SpeechEngine(ABC):
    @abstractmethod
    async def initialize(self) -> None:
        ...

    @abstractmethod
    async def cleanup(self) -> None:
        ...


class TTSEngine(SpeechEngine):
    @abstractmethod
    async def synthesize(self, text: str) -> bytes:
        ...

    async def save(self, text, path):
        with open(path, "wb") as f:
            f.write(await self.synthesize(text))


class GttsEngine(TTSEngine):
    def __init__(self, **config: Any) -> None:
        self.config = TTSConfig(**config)
        self._tmp = None

    async def initialize(self) -> None:
        self._tmp = tempfile.mkdtemp(prefix="gtts")

    async def cleanup(self) -> None:
        import shutil
        shutil.rmtree(self._tmp, ignore_errors=True)

    async def synthesize(self, text):
        from gtts import gTTS
        buf = io.BytesIO()
        await asyncio.to_thread(gTTS(text, lang=self.config.language).write_to_fp, buf)
        return buf.getvalue()


class ElevenEngine(TTSEngine):
    def __init__(self, **config: Any) -> None:
        self.config = ElevenConfig(**config)
        self._http = None

    async def initialize(self) -> None:
        import httpx
        self._http = httpx.AsyncClient(headers={"xi-api-key": self.config.api_key})

    async def cleanup(self) -> None:
        if self._http:
            await self._http.aclose()
            self._http = None

    async def synthesize(self, text):
        r = await self._http.post(f"https://api.elevenlabs.io/v1/text-to-speech/{self.config.voice}",
                                  json={"text": text})
        if r.status_code != 200:
            raise SynthesisError(r.text)
        return r.content


class WhisperEngine(SpeechEngine):
    def __init__(self, size: str = "base"):
        self.size = size
        self._model = None

    async def initialize(self):
        import whisper
        self._model = await asyncio.to_thread(whisper.load_model, self.size)

    async def cleanup(self):
        self._model = None

    async def transcribe(self, path: str) -> str:
        return (await asyncio.to_thread(self._model.transcribe, path))["text"]


class WavStream:
    def __init__(self, raw: bytes):
        self._w = wave.open(io.BytesIO(raw))

    async def frames(self, n=1024) -> AsyncIterator[bytes]:
        while chunk := self._w.readframes(n):
            yield chunk

    def close(self):
        self._w.close()


class Utterance:
    def __init__(self, speaker):
        self.speaker = speaker
        self.begin = self.end = None

    def start(self, t):
        self.begin = t

    def stop(self, t):
        self.end = t
