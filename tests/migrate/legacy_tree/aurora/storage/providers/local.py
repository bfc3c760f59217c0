import tempfile
from pathlib import Path

from aurora.storage.base import BaseProvider as _Base


class LocalProvider(_Base):
    async def _do_initialize(self):
        self._folder = None
        if "root" not in self.config:
            self._folder = tempfile.TemporaryDirectory()
        self.root = Path(self.config.get("root") or self._folder.name).resolve()

    async def _do_cleanup(self):
        if self._folder is not None:
            self._folder.cleanup()

    def _path(self, name):
        path = (self.root / name).resolve()
        if not str(path).startswith(str(self.root)):
            raise PermissionError(name)
        return path

    async def put(self, name, data):
        self._path(name).write_bytes(data)
        return len(data)

    async def get(self, name):
        return self._path(name).read_bytes()
