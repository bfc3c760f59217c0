import asyncio
import os
import ssl
from typing import Any, Mapping, Optional

import aiosmtplib
import attrs
from jinja2 import Environment, FileSystemLoader

from newsletter import errors


@attrs.frozen
class Recipient:
    address: str
    name: str = ""


@attrs.define(slots=False)
class SenderOptions:
    host: str = attrs.field(factory=lambda: os.environ.get("SMTP_HOST", "localhost"))
    port: int = 587
    starttls: bool = True


class Sender:
    options: SenderOptions

    def __init__(self, options: Optional[Mapping[str, Any]] = None):
        self.options = SenderOptions(**(options or {}))

    async def start(self) -> None:
        ...

    async def stop(self) -> None:
        ...

    async def send(self, to: Recipient, html: str) -> None:
        raise NotImplementedError(f"{type(self).__name__}.send")


class SmtpSender(Sender):
    async def start(self) -> None:
        self._smtp = aiosmtplib.SMTP(self.options.host, self.options.port)
        await self._smtp.connect()
        if self.options.starttls:
            await self._smtp.starttls()

    async def stop(self) -> None:
        await self._smtp.quit()

    async def send(self, to, html):
        try:
            await self._smtp.sendmail("news@x.example", [to.address], html)
        except aiosmtplib.SMTPRecipientsRefused as e:
            raise errors.Bounced(to.address) from e


class ConsoleSender(Sender):
    async def send(self, to, html):
        print(to, html[:40])


class Renderer:
    def __init__(self, folder):
        self.env = Environment(loader=FileSystemLoader(folder))

    def render(self, name, **ctx):
        return self.env.get_template(name).render(**ctx)
