import sys

if sys.platform == "win32":
    from newsletter.senders import ConsoleSender as DefaultSender
else:
    from newsletter.senders import SmtpSender as DefaultSender


class ThrottledSender(DefaultSender):
    def __init__(self, options=None, per_second=10):
        super().__init__(options)
        self.per_second = per_second

    async def send(self, to, html):
        import asyncio

        await asyncio.sleep(1 / self.per_second)
        await super().send(to, html)


class SenderFactory:
    def __init__(self):
        self._known = {"default": DefaultSender, "throttled": ThrottledSender}

    def create(self, name, **options):
        return self._known[name](options)
