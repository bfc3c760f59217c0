from dataclasses import dataclass
from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider, settings
from pydantic import SecretStr


@dataclass
class BankConfig:
    """The config of `Bank`."""

    account: Any
    api_key: SecretStr | None = None
    password: SecretStr | None = None
    access_token: SecretStr | None = None
    client_secret: SecretStr | None = None
    keyboard: str = "qwerty"


class Bank(LegacyProvider[BankConfig]):
    provider_capabilities = ("sign", "layout")

    @classmethod
    def from_config(cls, config: BankConfig) -> "Bank":
        """Build it from a typed config, by the constructor."""
        return cls(**settings(config))

    def __init__(self, **options):
        self.account = options["account"]
        self._key = options.get("api_key", "")
        self._password = options.get("password")
        self.token = options.get("access_token", "t0")
        self.secret_word = options.get("client_secret", "s")
        self.keyboard = options.get("keyboard", "qwerty")
        self.balance = 0

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.connect()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.disconnect()

    async def connect(self):
        self.balance = 10

    async def disconnect(self):
        self.balance = 0

    @operation
    async def sign(self, text):
        return f"{self.account}:{len(self._key)}:{text}"

    @operation
    async def layout(self):
        return self.keyboard
