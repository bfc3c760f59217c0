import asyncio
import logging

logger = logging.getLogger("callcenter.ami")


class AMIError(Exception):
    """Asterisk said no."""


class AMIEvent(dict):
    @property
    def name(self):
        return self.get("Event", "")

    @classmethod
    def parse(cls, lines):
        return cls(l.split(": ", 1) for l in lines if ": " in l)


class AMIClient:
    def __init__(self, host, user, secret, port=5038):
        self.host = host
        self.port = port
        self.user = user
        self.secret = secret
        self._reader = self._writer = None
        self._pump = None
        self.handlers = {}

    async def connect(self):
        self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        await self._reader.readline()
        await self.action("Login", Username=self.user, Secret=self.secret)
        self._pump = asyncio.create_task(self._read_loop())

    async def disconnect(self):
        if self._pump:
            self._pump.cancel()
        if self._writer:
            await self.action("Logoff")
            self._writer.close()
            await self._writer.wait_closed()

    async def action(self, name, **fields):
        data = "".join(f"{k}: {v}\r\n" for k, v in {"Action": name, **fields}.items())
        self._writer.write((data + "\r\n").encode())
        await self._writer.drain()

    async def _read_loop(self):
        buf = []
        while True:
            line = (await self._reader.readline()).decode().rstrip()
            if line:
                buf.append(line)
                continue
            ev = AMIEvent.parse(buf)
            buf = []
            for h in self.handlers.get(ev.name, ()):
                await h(ev)


class HangupHandler:
    def __init__(self, agents):
        self.agents = agents

    async def __call__(self, event):
        agent = self.agents.get(event.get("Exten"))
        if agent and agent.busy:
            agent.hangup()


class Recorder:
    """Records trunk audio to disk through a sox subprocess."""

    def __init__(self, directory):
        self.directory = directory
        self.proc = None

    async def start(self):
        self.proc = await asyncio.create_subprocess_exec(
            "sox", "-t", "alsa", "default", f"{self.directory}/trunk.wav")

    async def stop(self):
        if self.proc and self.proc.returncode is None:
            self.proc.terminate()
            await self.proc.wait()
