from pathlib import Path

from .driver import Driver


class Folder(Driver):
    def setup(self):
        self.root = Path(self.options["root"])

    def put(self, key, data):
        (self.root / key).write_bytes(data)


class SealedFolder(Folder):
    def put(self, key, data):
        super().put(key, data[::-1])
