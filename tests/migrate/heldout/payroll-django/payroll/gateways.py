import ssl
import socket

from django.conf import settings


class GatewayDown(IOError):
    pass


class BankGateway(object):
    """Speaks the line protocol all our banks agreed on in 1998."""

    port = 7001

    def __init__(self, account):
        self.account = account
        self.sock = None

    def connect(self):
        raw = socket.create_connection((self.host(), self.port), timeout=30)
        self.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=self.host())
        self.greet()

    def disconnect(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def host(self):
        raise NotImplementedError

    def greet(self):
        pass

    def pay(self, iban, amount):
        self.sock.sendall(b"PAY %s %s\r\n" % (iban.encode(), str(amount).encode()))
        if not self.sock.recv(64).startswith(b"OK"):
            raise GatewayDown(iban)


class SparkasseGateway(BankGateway):
    def host(self):
        return "pay.sparkasse.example"


class RaiffeisenGateway(BankGateway):
    port = 7002

    def host(self):
        return settings.RAIFFEISEN_HOST

    def greet(self):
        self.sock.sendall(b"HELO\r\n")


def gateway_for(account):
    cls = {"sparkasse": SparkasseGateway, "raiffeisen": RaiffeisenGateway}[account.provider]
    return cls(account)
