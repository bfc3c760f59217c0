from typing import Optional, Sequence


class Radio:
    def __init__(
        self,
        frequency: float,
        name: str = "radio",
        *,
        presets: Sequence[float] = (),
        volume=5,
        password: Optional[str] = None,
    ) -> None:
        self.frequency = frequency
        self.name = name
        self.presets = list(presets)
        self.volume = volume
        self.locked = password is not None
        self.on = False

    async def start(self) -> None:
        self.on = True

    async def stop(self) -> None:
        self.on = False

    async def listen(self) -> str:
        return f"{self.name} {self.frequency:.1f}" if self.on else ""

    async def louder(self, by: int = 1) -> int:
        self.volume += by
        return self.volume
