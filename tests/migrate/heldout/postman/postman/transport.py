import email.message
import smtplib
import ssl
from typing import Optional


class MailTransport:
    def deliver(self, msg: email.message.EmailMessage) -> None:
        raise NotImplementedError

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, exc_type, exc, tb):
        self.close()
        return False

    def open(self):
        """Acquire connections. May be called twice."""

    def close(self):
        """Release connections."""


class SmtpTransport(MailTransport):
    def __init__(self, host: str, port: int = 587, username: Optional[str] = None,
                 password: Optional[str] = None, *, starttls: bool = True):
        self.host = host
        self.port = port
        self.username = username
        self.password = password
        self.starttls = starttls
        self._smtp: Optional[smtplib.SMTP] = None

    def open(self):
        if self._smtp is not None:
            return
        smtp = smtplib.SMTP(self.host, self.port, timeout=30)
        if self.starttls:
            smtp.starttls(context=ssl.create_default_context())
        if self.username:
            smtp.login(self.username, self.password)
        self._smtp = smtp

    def close(self):
        if self._smtp is None:
            return
        try:
            self._smtp.quit()
        except smtplib.SMTPServerDisconnected:
            pass
        self._smtp = None

    def deliver(self, msg):
        self._smtp.send_message(msg)


class SesTransport(MailTransport):
    def __init__(self, region):
        self.region = region

    def open(self):
        import boto3
        self.client = boto3.client("ses", region_name=self.region)

    def deliver(self, msg):
        self.client.send_raw_email(RawMessage={"Data": msg.as_bytes()})


class Outbox(MailTransport):
    """Test double that keeps everything."""

    def __init__(self):
        self.messages = []

    def deliver(self, msg):
        self.messages.append(msg)
