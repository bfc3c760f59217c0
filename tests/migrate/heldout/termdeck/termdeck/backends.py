import asyncio
import importlib
import shlex
from collections.abc import Iterator

BACKENDS = {"local": "termdeck.backends.LocalBackend", "ssh": "termdeck.backends.SSHBackend",
            "mock": "termdeck.backends.MockBackend"}


def load_backend(name):
    mod, _, cls = BACKENDS[name].rpartition(".")
    return getattr(importlib.import_module(mod), cls)


class Backend:
    hostname = "localhost"

    async def open(self):
        return self

    async def close(self):
        return

    async def shell(self, cmd):
        raise NotImplementedError

    async def processes(self):
        return list(PsOutput(await self.shell("ps axo pid,comm,%cpu")))


class LocalBackend(Backend):
    async def shell(self, cmd):
        p = await asyncio.create_subprocess_exec(*shlex.split(cmd), stdout=asyncio.subprocess.PIPE)
        out, _ = await p.communicate()
        return out.decode()


class SSHBackend(Backend):
    def __init__(self, host, user=None):
        self.hostname, self.user = host, user
        self._conn = None

    async def open(self):
        import asyncssh
        self._conn = await asyncssh.connect(self.hostname, username=self.user)
        return self

    async def close(self):
        self._conn.close()
        await self._conn.wait_closed()

    async def shell(self, cmd):
        return (await self._conn.run(cmd, check=True)).stdout


class MockBackend(Backend):
    async def shell(self, cmd):
        return "PID COMM CPU\n1 init 0.0\n"


class PsOutput(Iterator):
    def __init__(self, text):
        self._lines = iter(text.splitlines()[1:])

    def __next__(self):
        return next(self._lines).split(None, 2)

    def close(self):
        self._lines = iter(())
