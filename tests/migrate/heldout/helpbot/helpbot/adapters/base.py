import asyncio
from abc import ABC, abstractmethod
from typing import Awaitable, Callable, Optional

from ..models import Incoming, Outgoing

OnMessage = Callable[[Incoming], Awaitable[Optional[Outgoing]]]


class ChatAdapter(ABC):
    def __init__(self, on_message: OnMessage):
        self.on_message = on_message

    @abstractmethod
    async def start(self) -> None:
        """Begin to receive."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop receiving; flush."""

    @abstractmethod
    async def send(self, msg: Outgoing) -> None: ...


class PollingAdapter(ChatAdapter):
    interval = 1.0

    async def start(self):
        await self.setup()
        self._poller = asyncio.create_task(self._poll_forever())

    async def stop(self):
        self._poller.cancel()
        await asyncio.wait([self._poller])
        await self.teardown()

    async def setup(self):
        pass

    async def teardown(self):
        pass

    @abstractmethod
    async def poll(self): ...

    async def _poll_forever(self):
        while True:
            for m in await self.poll():
                out = await self.on_message(m)
                if out:
                    await self.send(out)
            await asyncio.sleep(self.interval)
