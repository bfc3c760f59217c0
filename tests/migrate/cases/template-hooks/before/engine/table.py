from .base import Engine


class TableEngine(Engine):
    """Rows in a list."""

    async def _do_initialize(self) -> None:
        self.rows = list(self.config.get("rows", []))

    async def _do_cleanup(self) -> None:
        self.rows = []

    async def append(self, row: str) -> int:
        self.rows.append(row)
        return len(self.rows)

    async def all(self) -> list[str]:
        return [*self.rows]
