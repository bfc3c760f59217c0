import abc
import importlib.metadata
import logging
from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional


@dataclass(frozen=True)
class Manifest:
    name: str
    version: str = "0"
    requires: tuple = ()


class PluginError(Exception):
    def __init__(self, manifest: Manifest, text: str):
        super().__init__(f"{manifest.name}: {text}")


class Plugin(abc.ABC):
    manifest: Manifest

    def __init__(self, app):
        self.app = app
        self.log = logging.getLogger("plugin." + self.manifest.name)

    @abc.abstractmethod
    def load(self) -> None: ...

    @abc.abstractmethod
    def unload(self) -> None: ...


class PluginManager:
    group = "plughost.plugins"

    def __init__(self, app):
        self.app = app
        self.plugins: Dict[str, Plugin] = {}

    def discover(self) -> Iterator[type]:
        for ep in importlib.metadata.entry_points(group=self.group):
            yield ep.load()

    def load(self, only: Optional[List[str]] = None):
        for cls in self.discover():
            if only and cls.manifest.name not in only:
                continue
            p = cls(self.app)
            p.load()
            self.plugins[cls.manifest.name] = p

    def unload(self):
        while self.plugins:
            _, p = self.plugins.popitem()
            p.unload()


class Extension:
    """Adds menu entries; pure data."""
    title = ""
    shortcut = None
