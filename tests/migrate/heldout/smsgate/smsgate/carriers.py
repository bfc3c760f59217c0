import socket
import struct

import requests

from .base import *
from .base import log


@carrier("twilio")
class TwilioCarrier(Carrier):
    URL = "https://api.twilio.com/2010-04-01/Accounts/{sid}/Messages.json"

    def _connect(self):
        self.http = requests.Session()
        self.http.auth = (self.settings["sid"], self.settings["token"])

    def _disconnect(self):
        self.http.close()

    def send(self, sms):
        r = self.http.post(self.URL.format(sid=self.settings["sid"]),
                           data={"To": sms.to, "From": sms.sender, "Body": sms.text})
        if r.status_code >= 400:
            raise CarrierError(self.slug, r.status_code, r.text)
        sms.close(DeliveryStatus.SENT)
        return sms.status


class Pdu:
    """One SMPP protocol data unit."""
    HEADER = struct.Struct(">LLLL")

    def __init__(self, command, seq, body=b""):
        self.command, self.seq, self.body = command, seq, body

    def encode(self):
        return self.HEADER.pack(16 + len(self.body), self.command, 0, self.seq) + self.body


@carrier("smpp")
class SmppCarrier(Carrier):
    def __init__(self, settings):
        super().__init__(settings)
        self.sock = None
        self.seq = 0

    def _connect(self):
        self.sock = socket.create_connection((self.settings["host"], self.settings["port"]))
        self._send(0x9)

    def _disconnect(self):
        self._send(0x6)
        self.sock.close()
        self.sock = None

    def _send(self, command, body=b""):
        self.seq += 1
        self.sock.sendall(Pdu(command, self.seq, body).encode())

    def send(self, sms):
        self._send(0x4, sms.text.encode("utf-16-be"))
        return DeliveryStatus.QUEUED


@carrier("dummy")
class DummyCarrier(Carrier):
    """Prints, for dev machines."""

    def send(self, sms):
        print(f"SMS to {sms.to}: {sms.text}")
        return DeliveryStatus.DELIVERED
