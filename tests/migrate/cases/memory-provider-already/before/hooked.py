from dataclasses import dataclass

from purveyor import MemoryProvider


@dataclass
class HookedConfig:
    size: int = 1


class Hooked(MemoryProvider[HookedConfig]):
    async def _initialize_store(self) -> None:
        self.rows = []

    async def _cleanup_store(self) -> None:
        self.rows = []
