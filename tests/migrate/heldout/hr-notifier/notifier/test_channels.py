import pytest

from notifier import channels


class FakeChannel(channels.Channel):
    def setup(self):
        self.sent = []
        return self

    def deliver(self, envelope):
        self.sent.append(envelope)


class FakeTwilio:
    def __init__(self, *a):
        self.messages = self

    def create(self, **kw):
        self.kw = kw


class TestChannels:
    def setup_method(self):
        self.c = FakeChannel().setup()

    def teardown_method(self):
        self.c.shutdown()

    def test_deliver(self):
        self.c.deliver({"text": "x"})
        assert self.c.sent
