import importlib
from dataclasses import dataclass

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


@dataclass
class ProxyConfig:
    """The config of `Proxy`."""

    kind: str = "OrderedDict"


class Proxy(LegacyProvider[ProxyConfig]):
    provider_capabilities = ("size",)

    @classmethod
    def from_config(cls, config: ProxyConfig) -> "Proxy":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.kind = config.get("kind", "OrderedDict")
        self.inner = None

    async def initialize(self):
        module = importlib.import_module(f"{self.kind.lower() and 'collections'}")
        self.inner = getattr(module, self.kind)()

    async def cleanup(self):
        self.inner = None

    @operation
    async def size(self):
        return len(self.inner)
