import sys
import slack_sdk
from twilio.rest import Client

registry = {}


def channel(name):
    """@channel("x") puts the class into the registry."""
    def wrap(c):
        registry[name] = c
        return c
    return wrap


class Envelope(dict):
    pass


class ChannelNotConfigured(Exception):
    def __init__(self, name):
        Exception.__init__(self, name)


class Channel:
    def __init__(self, config=None):
        self.config = config or {}

    def setup(self):
        return self

    def shutdown(self):
        return None

    def deliver(self, envelope):
        raise NotImplementedError


@channel("slack")
class SlackChannel(Channel):
    def setup(self):
        if "token" not in self.config:
            raise ChannelNotConfigured("slack")
        self.web = slack_sdk.WebClient(self.config["token"])
        return self

    def deliver(self, envelope):
        self.web.chat_postMessage(channel=envelope["to"], text=envelope["text"])


@channel("sms")
class SmsChannel(Channel):
    def setup(self):
        self.twilio = Client(self.config["sid"], self.config["token"])
        return self

    def shutdown(self):
        self.twilio.http_client.session.close()

    def deliver(self, envelope):
        self.twilio.messages.create(to=envelope["to"], body=envelope["text"])


@channel("print")
class PrintChannel(Channel):
    def deliver(self, envelope):
        sys.stdout.write(envelope["text"])
