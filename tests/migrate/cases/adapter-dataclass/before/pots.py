from dataclasses import dataclass, field


@dataclass
class Pot:
    size: int = 3
    plants: list[str] = field(default_factory=list)

    async def initialize(self) -> None:
        self.plants = []

    async def cleanup(self) -> None:
        self.plants = []

    async def plant(self, name: str) -> int:
        if len(self.plants) < self.size:
            self.plants.append(name)
        return len(self.plants)
