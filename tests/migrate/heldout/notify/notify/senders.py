import enum
import smtplib

import httpx


class Channel(enum.StrEnum):
    MAIL = enum.auto()
    PUSH = enum.auto()


class Smtp:
    def __init__(self, **options):
        self.options = options
        self.server = None

    def open(self):
        self.server = smtplib.SMTP(self.options.get("host", "localhost"), self.options.get("port", 25))

    def close(self):
        self.server.quit()
        self.server = None

    def send(self, to, text):
        self.server.sendmail(self.options["sender"], to, text)


class Push:
    def __init__(self, endpoint, token):
        self.endpoint = endpoint
        self.token = token

    async def init(self):
        self.http = httpx.AsyncClient(headers={"authorization": self.token})

    async def cleanup(self):
        await self.http.aclose()

    async def notify(self, user, text):
        return await self.http.post(self.endpoint, json={"user": user, "text": text})


class Notification:
    def __init__(self, channel, text):
        self.channel = channel
        self.text = text
        self.sent_at = None

    def send(self, sender):
        sender.send(self.channel, self.text)


class Senders:
    """All senders by channel."""

    def __init__(self):
        self.by_channel = {}

    def register(self, channel, sender):
        self.by_channel[channel] = sender

    def get(self, channel):
        return self.by_channel[channel]

    async def cleanup(self):
        for sender in self.by_channel.values():
            await sender.cleanup()


class UndeliverableError(Exception):
    pass
