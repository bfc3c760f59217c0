from __future__ import annotations

import asyncio
import itertools
import json
import typing

import aiohttp

if typing.TYPE_CHECKING:
    from web3.types import TxReceipt


class RPCError(Exception):
    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


class JSONBaseProvider:
    def __init__(self) -> None:
        self.ids = itertools.count()

    def encode(self, method: str, params: list) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params}).encode()

    def decode(self, raw: bytes):
        d = json.loads(raw)
        if "error" in d:
            raise RPCError(d["error"]["code"], d["error"]["message"])
        return d["result"]

    async def connect(self) -> None:
        raise NotImplementedError

    async def disconnect(self) -> None:
        raise NotImplementedError

    async def request(self, method: str, *params):
        raise NotImplementedError


class HTTPNode(JSONBaseProvider):
    def __init__(self, url: str, timeout: float = 10) -> None:
        super().__init__()
        self.url = url
        self.timeout = timeout

    async def connect(self) -> None:
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(self.timeout))

    async def disconnect(self) -> None:
        await self.session.close()

    async def request(self, method, *params):
        async with self.session.post(self.url, data=self.encode(method, list(params))) as r:
            return self.decode(await r.read())


class IPCNode(JSONBaseProvider):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.lock = asyncio.Lock()

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_unix_connection(self.path)

    async def disconnect(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    async def request(self, method, *params):
        async with self.lock:
            self.writer.write(self.encode(method, list(params)))
            return self.decode(await self.reader.readline())


class Failover(JSONBaseProvider):
    def __init__(self, nodes: typing.Sequence[JSONBaseProvider]) -> None:
        super().__init__()
        self.nodes = list(nodes)

    async def connect(self) -> None:
        for n in self.nodes:
            await n.connect()

    async def disconnect(self) -> None:
        for n in self.nodes:
            await n.disconnect()

    async def request(self, method, *params):
        last = None
        for n in self.nodes:
            try:
                return await n.request(method, *params)
            except (OSError, RPCError) as e:
                last = e
        raise last


class EthTester(JSONBaseProvider):
    async def connect(self):
        from eth_tester import EthereumTester
        self.t = EthereumTester()

    async def disconnect(self):
        del self.t

    async def request(self, method, *params):
        return getattr(self.t, method)(*params)
