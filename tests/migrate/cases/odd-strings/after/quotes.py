from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings


class Quotes(LegacyProvider[dict[str, Any]]):
    """Holds "quotes", 'more' and \"""three\""".

    class Inner:
        async def start(self): ...
    """

    provider_capabilities = ("lines",)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Quotes":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    TEMPLATE = '''
class Provider:
    async def initialize(self):
        pass
'''

    def __init__(self, config):
        self.config = config

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self):
        self.text = f"{'class X:'!r:>12}" "def y(self):" r'\d'

    async def stop(self):
        self.text = b"class Z: \x00".decode()

    @operation
    async def lines(self):
        return [line for line in self.TEMPLATE.splitlines() if line] + [self.text]
