import paramiko
from .pool import Pool


class SshPool(Pool["paramiko.SSHClient"]):
    def __init__(self, host, size=2):
        super().__init__(self._dial, size)
        self.host = host

    def _dial(self):
        c = paramiko.SSHClient()
        c.connect(self.host)
        return c

    def destroy(self, r):
        r.close()


class Tunnel:
    def __init__(self, host, remote, local=0):
        self.host, self.remote, self.local = host, remote, local

    def __enter__(self):
        from sshtunnel import SSHTunnelForwarder

        self._fw = SSHTunnelForwarder(self.host, remote_bind_address=self.remote)
        self._fw.start()
        return self

    def __exit__(self, *exc):
        self._fw.stop()

    @property
    def port(self):
        return self._fw.local_bind_port
