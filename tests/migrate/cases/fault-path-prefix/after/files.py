import os
from dataclasses import dataclass
from pathlib import Path

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class FilesConfig:
    """The config of `Files`."""

    root: str = "data"


class Files(LegacyProvider[FilesConfig]):
    provider_type = ProviderType.STORAGE
    provider_capabilities = ("inside", "within")

    @classmethod
    def from_config(cls, config: FilesConfig) -> "Files":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.root = Path(config.get("root", "data")).resolve()

    async def initialize(self):
        self.names = []

    async def cleanup(self):
        self.names = []

    @operation
    async def inside(self, name):
        path = (self.root / name).resolve()
        return str(path).startswith(str(self.root))

    @operation
    async def within(self, name):
        path = os.path.abspath(os.path.join(str(self.root), name))
        if not path.startswith(str(self.root)):
            raise ValueError(name)
        self.names.append(name)
        return len(self.names)


@dataclass
class CarefulConfig:
    """The config of `Careful`."""

    root: str = "data"


class Careful(LegacyProvider[CarefulConfig]):
    provider_type = ProviderType.STORAGE
    provider_capabilities = ("inside", "hidden")

    @classmethod
    def from_config(cls, config: CarefulConfig) -> "Careful":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.root = Path(config.get("root", "data")).resolve()

    async def initialize(self):
        self.seen = 0

    async def cleanup(self):
        self.seen = 0

    @operation
    async def inside(self, name):
        self.seen += 1
        return (self.root / name).resolve().is_relative_to(self.root)

    @operation
    async def hidden(self, name):
        return name.startswith(".")
