from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

from pydantic import BaseModel


class ProviderConfig(BaseModel):
    provider: str = "local"
    options: dict[str, str] = {}


@dataclass
class StorageProviderSettings:
    root: str = "."
    tags: list[str] = field(default_factory=list)

    def load(self) -> dict[str, object]:
        return {"root": self.root, "tags": self.tags}


class ConnectionOptions(TypedDict, total=False):
    host: str
    port: int


class Endpoint(NamedTuple):
    host: str = "localhost"
    port: int = 80

    def open(self) -> str:
        return f"{self.host}:{self.port}"
