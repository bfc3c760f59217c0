import imaplib
import logging
import smtplib
from email.message import EmailMessage

log = logging.getLogger(__name__)

_TRANSPORTS = {}


def transport(scheme):
    def deco(cls):
        _TRANSPORTS[scheme] = cls
        return cls
    return deco


class MailError(Exception):
    retry = False


class TemporaryMailError(MailError):
    retry = True


class ConnectionMixin:
    """open/close with a counter, so that nested uses share one connection"""

    _depth = 0

    def open(self):
        if self._depth == 0:
            self._connect()
        self._depth += 1

    def close(self):
        self._depth -= 1
        if self._depth == 0:
            self._disconnect()

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *a):
        self.close()


class ReprMixin:
    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, getattr(self, "host", "?"))


@transport("smtp")
class Smtp(ReprMixin, ConnectionMixin):
    def __init__(self, host, port=25):
        self.host = host
        self.port = port

    def _connect(self):
        self.conn = smtplib.SMTP(self.host, self.port)

    def _disconnect(self):
        self.conn.quit()

    def send(self, msg: EmailMessage):
        try:
            self.conn.send_message(msg)
        except smtplib.SMTPServerDisconnected as e:
            raise TemporaryMailError() from e


@transport("smtps")
class SmtpTls(Smtp):
    def _connect(self):
        self.conn = smtplib.SMTP_SSL(self.host, self.port)


@transport("imap")
class ImapInbox(ReprMixin, ConnectionMixin):
    def __init__(self, host, user, password):
        self.host, self.user, self.password = host, user, password

    def _connect(self):
        self.conn = imaplib.IMAP4_SSL(self.host)
        self.conn.login(self.user, self.password)

    def _disconnect(self):
        self.conn.logout()

    def unseen(self):
        _, data = self.conn.search(None, "UNSEEN")
        return data[0].split()


class Attachment:
    def __init__(self, name, blob):
        self.name = name
        self.blob = blob

    def load(self):
        return self.blob.read()


class MessageBuilder:
    def start(self, subject):
        self._m = EmailMessage()
        self._m["Subject"] = subject
        return self

    def body(self, text):
        self._m.set_content(text)
        return self

    def finish(self):
        return self._m
