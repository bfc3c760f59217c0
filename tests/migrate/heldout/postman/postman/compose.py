import string
from email.message import EmailMessage
from pathlib import Path


class MailTemplate:
    def __init__(self, text):
        self._t = string.Template(text)

    @classmethod
    def load(cls, path):
        return cls(Path(path).read_text("utf8"))

    def render(self, **kw):
        return self._t.safe_substitute(**kw)


class MessageBuilder:
    def __init__(self):
        self._m = EmailMessage()

    def start(self, subject):
        self._m["Subject"] = subject
        return self

    def to(self, *addrs):
        self._m["To"] = ", ".join(addrs)
        return self

    def body(self, text):
        self._m.set_content(text)
        return self

    def close(self):
        return self._m


class BounceParser:
    def __init__(self, raw):
        self.raw = raw

    def parse(self):
        for line in self.raw.splitlines():
            if line.lower().startswith(b"final-recipient:"):
                return line.split(b";", 1)[1].strip().decode()
