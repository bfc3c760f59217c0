import asyncio
import json
import os
import pathlib
from abc import abstractmethod
from typing import Dict, Optional

import aiohttp
from pydantic import BaseModel, SecretStr


class VaultConfig(BaseModel):
    addr: str
    token: SecretStr
    mount: str = "secret"


class SecretNotFound(KeyError):
    pass


class SecretBackend:
    """Not an ABC on purpose, see SECBOX-41."""

    @abstractmethod
    async def initialize(self):
        pass

    @abstractmethod
    async def close(self):
        pass

    @abstractmethod
    async def fetch(self, name: str) -> str:
        pass


class EnvBackend(SecretBackend):
    def __init__(self, prefix="APP_"):
        self.prefix = prefix

    async def initialize(self):
        self._env = dict(os.environ)

    async def close(self):
        self._env = {}

    async def fetch(self, name):
        try:
            return self._env[self.prefix + name.upper()]
        except KeyError:
            raise SecretNotFound(name)


class VaultBackend(SecretBackend):
    def __init__(self, **config):
        self.config = VaultConfig(**config)
        self._session: Optional[aiohttp.ClientSession] = None
        self._renewer = None

    async def initialize(self):
        self._session = aiohttp.ClientSession(
            base_url=self.config.addr,
            headers={"X-Vault-Token": self.config.token.get_secret_value()})
        self._renewer = asyncio.create_task(self._renew())

    async def close(self):
        if self._renewer:
            self._renewer.cancel()
        if self._session:
            await self._session.close()

    async def _renew(self):
        while True:
            await asyncio.sleep(1800)
            async with self._session.post("/v1/auth/token/renew-self"):
                pass

    async def fetch(self, name):
        async with self._session.get(f"/v1/{self.config.mount}/data/{name}") as r:
            if r.status == 404:
                raise SecretNotFound(name)
            return (await r.json())["data"]["data"]["value"]


class FileBackend(SecretBackend):
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._data: Dict[str, str] = {}

    async def initialize(self):
        self._data = json.loads(self.path.read_text())

    async def close(self):
        self._data.clear()

    async def fetch(self, name):
        if name not in self._data:
            raise SecretNotFound(name)
        return self._data[name]


class Chain(SecretBackend):
    def __init__(self, *backends):
        self.backends = backends

    async def initialize(self):
        await asyncio.gather(*(b.initialize() for b in self.backends))

    async def close(self):
        await asyncio.gather(*(b.close() for b in self.backends))

    async def fetch(self, name):
        for b in self.backends:
            try:
                return await b.fetch(name)
            except SecretNotFound:
                continue
        raise SecretNotFound(name)
