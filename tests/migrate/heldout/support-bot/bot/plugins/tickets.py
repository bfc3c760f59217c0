import asyncio
import contextlib

import aiohttp

from . import Extension, hook


class TicketClosed(RuntimeError):
    pass


class TicketView:
    """Buttons under a ticket message."""

    def __init__(self, ticket_id):
        self.ticket_id = ticket_id

    async def close(self, interaction):
        raise TicketClosed(self.ticket_id)


class TicketPlugin(Extension):
    name = "tickets"

    async def load(self):
        self.session = aiohttp.ClientSession()
        self.task = asyncio.create_task(self._poll())
        await super().load()

    async def unload(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        await self.session.close()
        await super().unload()

    async def _poll(self):
        while True:
            async with self.session.get(self.options["url"]) as r:
                for t in await r.json():
                    self.bot.dispatch("ticket", TicketView(t["id"]))
            await asyncio.sleep(30)
