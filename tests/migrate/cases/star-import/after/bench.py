from dataclasses import dataclass as _dataclass

from purveyor import ProviderType as _ProviderType
from purveyor import operation as _operation
from purveyor.migrate import LegacyProvider as _LegacyProvider
from purveyor.migrate import settings as _settings

from toolbox import *


@_dataclass
class _SpannerConfig:
    """The config of `Spanner`."""

    largest: int | float = 10


class Spanner(Tool, _LegacyProvider[_SpannerConfig]):
    provider_type = _ProviderType.CAPABILITY
    provider_capabilities = ("fits",)

    @classmethod
    def from_config(cls, config: _SpannerConfig) -> "Spanner":
        """Build it from a typed config, by the constructor."""
        return cls(_settings(config))

    async def setup(self):
        self.sizes = [size for size in SIZES if size <= self.config.get("largest", 10)]

    async def teardown(self):
        self.sizes = []

    @_operation
    async def fits(self, size):
        return size in self.sizes
