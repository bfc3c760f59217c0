import dataclasses
from dataclasses import field
from typing import ClassVar

from purveyor import ProviderType, operation
from purveyor.migrate import LegacyProvider


@dataclasses.dataclass(frozen=True)
class CacheSettings:
    unit: ClassVar[str] = "entries"
    size: int = 4
    names: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)
    total: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.size + sum(self.limits.values()))


class Cache(LegacyProvider[CacheSettings]):
    provider_type = ProviderType.MEMORY
    provider_capabilities = ("put", "get")

    @classmethod
    def from_config(cls, config: CacheSettings) -> "Cache":
        """Build it from a typed config, by the constructor."""
        return cls(config)

    def __init__(self, settings: CacheSettings) -> None:
        self.settings = settings
        self.items: dict[str, str] = {}

    async def initialize(self) -> None:
        self.items = dict.fromkeys(self.settings.names, "")

    async def cleanup(self) -> None:
        self.items = {}

    @operation
    async def put(self, key: str, value: str) -> int:
        if len(self.items) < self.settings.total:
            self.items[key] = value
        return len(self.items)

    @operation
    async def get(self, key: str) -> str | None:
        return self.items.get(key)
