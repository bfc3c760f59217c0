import asyncio
import subprocess
from dataclasses import dataclass, field
from typing import Generic, Optional, TypeVar, ParamSpec, Concatenate
from collections.abc import Callable

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(slots=True, kw_only=True)
class Probe:
    width: int
    height: int
    fps: float = 25.0


class Lifecycle:
    """What everything long-lived in here inherits."""

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


class Stage(Lifecycle, Generic[T]):
    def __init__(self, upstream: Optional["Stage"] = None):
        self.upstream = upstream

    async def process(self, item: T) -> T:
        return item


class Decoder(Stage[bytes]):
    async def start(self):
        self.ff = await asyncio.create_subprocess_exec("ffmpeg", "-i", "-", "-f", "rawvideo", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    async def aclose(self):
        self.ff.kill()
        await self.ff.wait()

    async def process(self, item):
        self.ff.stdin.write(item)
        return await self.ff.stdout.read(65536)


class Watermark(Stage[bytes]):
    async def start(self):
        with open("logo.png", "rb") as fh:
            self.logo = fh.read()

    async def process(self, item):
        return item + self.logo


class Uploader(Stage[bytes]):
    def __init__(self, url, upstream=None):
        super().__init__(upstream)
        self.url = url

    async def start(self):
        import aiohttp

        self.http = aiohttp.ClientSession()

    async def aclose(self):
        await self.http.close()

    async def process(self, item):
        async with self.http.put(self.url, data=item) as r:
            r.raise_for_status()
        return item


class StageError(Exception):
    def __init__(self, stage: Stage, *args):
        super().__init__(stage.__class__.__name__, *args)


class FrameIterator:
    def __init__(self, raw, size):
        self.raw = raw
        self.size = size

    def __aiter__(self):
        return self

    async def __anext__(self):
        chunk = await self.raw.read(self.size)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self):
        self.raw = None
