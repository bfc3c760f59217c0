from typing import Literal, Optional

from purveyor import operation
from purveyor.migrate import LegacyProvider
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class Credentials(BaseModel):
    user: str = "nobody"
    password: SecretStr = SecretStr("")


class MailerConfig(BaseModel):
    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    host: str = Field(default="localhost", alias="smtpHost")
    port: int = Field(default=25, ge=1, le=65535)
    mode: Literal["plain", "tls"] = "plain"
    login: Credentials = Field(default_factory=Credentials)
    sender: Optional[str] = None

    @field_validator("sender")
    @classmethod
    def has_at(cls, value):
        if value is not None and "@" not in value:
            raise ValueError("a sender has an @")
        return value


class Mailer(LegacyProvider[MailerConfig]):
    provider_capabilities = ("send",)

    @classmethod
    def from_config(cls, config: MailerConfig) -> "Mailer":
        """Build it from a typed config, by the constructor."""
        return cls(config)

    def __init__(self, config: MailerConfig) -> None:
        self.config = config
        self.outbox: list[tuple[str, str]] = []

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.open()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.close()

    async def open(self) -> None:
        self.outbox = []

    async def close(self) -> None:
        self.outbox = []

    @operation
    async def send(self, to: str, text: str) -> str:
        self.outbox.append((to, text))
        return f"{self.config.host}:{self.config.port}/{self.config.mode} {to} {len(text)}"
