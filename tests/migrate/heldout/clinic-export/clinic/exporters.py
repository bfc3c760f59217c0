import attr
from attr import define, field
import paramiko
import zeep


@define
class ExportConfigProvider:
    """Where exports go. Named by a committee."""

    host: str
    user: str
    password: str = field(repr=False, default="")
    folder: str = "/in"


@attr.s(auto_attribs=True)
class Sftp:
    cfg: ExportConfigProvider
    _ssh: object = attr.ib(default=None, init=False)
    _ftp: object = attr.ib(default=None, init=False)

    def __enter__(self):
        self._ssh = paramiko.SSHClient()
        self._ssh.connect(self.cfg.host, username=self.cfg.user, password=self.cfg.password)
        self._ftp = self._ssh.open_sftp()
        return self

    def __exit__(self, *exc):
        self._ftp.close()
        self._ssh.close()

    def put(self, name, data):
        with self._ftp.open(f"{self.cfg.folder}/{name}", "wb") as fh:
            fh.write(data)


@define
class Document:
    id: str
    mime: str
    body: bytes = b""

    def open(self):
        import io

        return io.BytesIO(self.body)


class Registry39:
    """National vaccination registry (SOAP). Not a class registry."""

    def __init__(self, wsdl, cert):
        self.wsdl, self.cert = wsdl, cert
        self.soap = None

    def connect(self):
        self.soap = zeep.Client(self.wsdl)
        self.ticket = self.soap.service.Login(self.cert)

    def disconnect(self):
        self.soap.service.Logout(self.ticket)
        self.soap = None

    def submit(self, patient):
        return self.soap.service.Submit(self.ticket, patient)


class Stopwatch:
    def __enter__(self):
        import time

        self._t = time.perf_counter()
        return self

    def __exit__(self, *exc):
        import time

        self.elapsed = time.perf_counter() - self._t


class Patient:
    def __init__(self, number, name):
        self.number = number
        self.name = name
