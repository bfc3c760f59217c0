from typing import Any

from pydantic import BaseModel, Field


class ProviderConfig(BaseModel):
    """What any provider is configured by: a type, and everything else in one dictionary."""

    type: str = "unknown"
    enabled: bool = True
    config: dict[str, Any] = Field(default_factory=dict)


class AppConfig(BaseModel):
    name: str = "aurora"
    providers: dict[str, ProviderConfig] = Field(default_factory=dict)
