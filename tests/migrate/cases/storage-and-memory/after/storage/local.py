from dataclasses import dataclass

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class LocalStorageConfig:
    """The config of `LocalStorage`."""

    root: str = "data"


class LocalStorage(LegacyProvider[LocalStorageConfig]):
    provider_type = ProviderType.STORAGE
    provider_capabilities = ("put", "get")

    @classmethod
    def from_config(cls, config: LocalStorageConfig) -> "LocalStorage":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.files = {}
        self.root = config.get("root", "data")

    async def initialize(self):
        self.files = {}

    async def cleanup(self):
        self.files = {}

    @operation
    async def put(self, path, data):
        self.files[f"{self.root}/{path}"] = data
        return sorted(self.files)

    @operation
    async def get(self, path):
        return self.files.get(f"{self.root}/{path}")
