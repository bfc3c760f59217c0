"""Blob storage back ends (asyncio)."""
import os
import pathlib
from typing import AsyncIterator, Optional, Protocol

import aiofiles
from pydantic import BaseSettings


class BlobSettings(BaseSettings):
    backend: str = "disk"
    root: str = "/srv/blobs"
    bucket: Optional[str] = None


class SupportsRead(Protocol):
    async def read(self, n: int = -1) -> bytes: ...
    async def close(self) -> None: ...


class BlobStore:
    """Common code; ``_setup`` and ``_teardown`` are for the back ends."""

    def __init__(self, settings: BlobSettings):
        self.settings = settings

    async def initialize(self):
        await self._setup()
        return self

    async def cleanup(self):
        await self._teardown()

    async def _setup(self):
        pass

    async def _teardown(self):
        pass

    async def put(self, key: str, data: bytes):
        raise NotImplementedError

    async def open(self, key: str) -> "BlobReader":
        raise NotImplementedError


class DiskBlobStore(BlobStore):
    async def _setup(self):
        self.root = pathlib.Path(self.settings.root)
        self.root.mkdir(parents=True, exist_ok=True)

    def _path(self, key):
        p = os.path.abspath(os.path.join(self.root, key))
        if not p.startswith(str(self.root)):
            raise PermissionError(key)
        return p

    async def put(self, key, data):
        async with aiofiles.open(self._path(key), "wb") as f:
            await f.write(data)

    async def open(self, key):
        return BlobReader(await aiofiles.open(self._path(key), "rb"))


class S3BlobStore(BlobStore):
    async def _setup(self):
        import aioboto3
        self._cm = aioboto3.Session().client("s3")
        self.s3 = await self._cm.__aenter__()

    async def _teardown(self):
        await self._cm.__aexit__(None, None, None)

    async def put(self, key, data):
        await self.s3.put_object(Bucket=self.settings.bucket, Key=key, Body=data)

    async def open(self, key):
        obj = await self.s3.get_object(Bucket=self.settings.bucket, Key=key)
        return BlobReader(obj["Body"])


class BlobReader:
    def __init__(self, raw):
        self._raw = raw

    async def read(self, n=-1):
        return await self._raw.read(n)

    async def close(self):
        await self._raw.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *a):
        await self.close()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self):
        chunk = await self.read(65536)
        if not chunk:
            raise StopAsyncIteration
        return chunk


# Old implementation, kept until the FTP customers are gone
class FtpBlobStore(BlobStore):
    async def _setup(self):
        import aioftp
        self.ftp = aioftp.Client()
        await self.ftp.connect("ftp.intern")

    async def _teardown(self):
        await self.ftp.quit()
