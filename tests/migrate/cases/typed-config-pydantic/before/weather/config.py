from pydantic import BaseModel, Field, SecretStr


class WeatherConfig(BaseModel):
    """Where to ask, and how."""

    station: str
    token: SecretStr = SecretStr("guest")
    timeout: float = Field(default=5.0, gt=0)
