import asyncio
import pathlib
from collab.presence import Document, Broker


class SnapshotWriter:
    """Writes a document every few seconds, and once more when it is told to stop."""

    def __init__(self, folder, every=5.0):
        self.folder = pathlib.Path(folder)
        self.every = every
        self.docs: dict[str, Document] = {}
        self._task = None

    async def start(self):
        self._task = asyncio.create_task(self._loop())

    async def stop(self):
        self._task.cancel()
        self._write()

    async def _loop(self):
        while True:
            await asyncio.sleep(self.every)
            self._write()

    def _write(self):
        for name, d in self.docs.items():
            (self.folder / name).write_text(d.text)


class PathsConfig:
    root = "/var/collab"
    snapshots = root + "/snap"
