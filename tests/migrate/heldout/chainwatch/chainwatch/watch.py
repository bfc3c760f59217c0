import asyncio
from dataclasses import dataclass


@dataclass
class Channel:
    """A Lightning channel."""
    peer: str
    capacity: int
    state: str = "none"

    def open(self):
        self.state = "open"

    def close(self, force=False):
        self.state = "force-closed" if force else "closed"


class Wallet:
    def __init__(self, key):
        self.key = key
        self.nonce = 0

    def load(self, path, password):
        import eth_account
        with open(path) as f:
            self.key = eth_account.Account.decrypt(f.read(), password)

    def sign(self, tx):
        self.nonce += 1
        return {**tx, "nonce": self.nonce}


class BlockWatcher:
    def __init__(self, node, every=12):
        self.node = node
        self.every = every
        self.callbacks = []
        self.__task = None

    def on_block(self, fn):
        self.callbacks.append(fn)
        return fn

    async def start(self):
        await self.node.connect()
        self.__task = asyncio.get_running_loop().create_task(self.__watch())

    async def stop(self):
        if self.__task:
            self.__task.cancel()
        await self.node.disconnect()

    async def __watch(self):
        last = None
        while True:
            n = await self.node.request("eth_blockNumber")
            if n != last:
                last = n
                for cb in self.callbacks:
                    cb(n)
            await asyncio.sleep(self.every)


class BlockIterator:
    def __init__(self, node, start, stop):
        self.node, self.n, self.last = node, start, stop

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n > self.last:
            raise StopAsyncIteration
        self.n += 1
        return await self.node.request("eth_getBlockByNumber", hex(self.n - 1), True)

    async def aclose(self):
        self.n = self.last + 1
