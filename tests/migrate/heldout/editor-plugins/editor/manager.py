from dataclasses import dataclass


@dataclass
class Manifest:
    name: str
    entry: str
    version: str = "0"


class PluginManager:
    def __init__(self, editor):
        self.editor = editor
        self._loaded = {}

    def register_plugin(self, manifest, cls):
        self._loaded[manifest.name] = cls(self.editor, {})

    def get_plugin(self, name):
        return self._loaded[name]

    async def load(self):
        for plugin in self._loaded.values():
            await plugin.load()

    async def unload(self):
        for plugin in self._loaded.values():
            await plugin.unload()


class Buffer:
    def __init__(self, text=""):
        self.text = text

    def open(self, path):
        with open(path) as file:
            self.text = file.read()

    def close(self):
        self.text = ""


class Keymap(dict):
    def load(self, pairs):
        self.update(pairs)
