from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gate.settings import GateSettings


class Gate:
    def __init__(self, settings: "GateSettings") -> None:
        self.settings = settings
        self.open_ = False

    async def start(self) -> None:
        self.open_ = self.settings.wide

    async def stop(self) -> None:
        self.open_ = False

    async def lets_in(self, height: "int") -> "bool":
        return self.open_ and height <= self.settings.height
