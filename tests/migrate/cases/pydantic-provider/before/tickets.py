from pydantic import BaseModel, PrivateAttr


class TicketDesk(BaseModel):
    name: str = "desk"
    limit: int = 4
    _open: list[str] = PrivateAttr(default_factory=list)

    async def initialize(self) -> None:
        self._open = []

    async def cleanup(self) -> None:
        self._open.clear()

    async def raise_ticket(self, text: str) -> int:
        self._open.append(text)
        return len(self._open)
