from ... import base
from ...base import Payment as Anyone


class Slip(base.Payment):
    async def pay(self, cents: int) -> str:
        return f"slip {cents}"


class Cash(Anyone):
    async def pay(self, cents: int) -> str:
        return f"cash {cents}"
