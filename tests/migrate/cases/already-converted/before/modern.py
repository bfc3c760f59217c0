from dataclasses import dataclass

from purveyor import Provider, ProviderType, operation


@dataclass
class CounterConfig:
    start: int = 0


class Counter(Provider[CounterConfig]):
    provider_type = ProviderType.CUSTOM
    provider_capabilities = ("count",)

    async def initialize(self) -> None:
        self.value = self.config.start

    async def cleanup(self) -> None:
        self.value = 0

    @operation
    async def count(self) -> int:
        self.value += 1
        return self.value
