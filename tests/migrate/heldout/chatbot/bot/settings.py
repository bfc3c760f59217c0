from pydantic import BaseModel, SecretStr


class BackendSettings(BaseModel):
    model: str
    api_key: SecretStr
    max_tokens: int = 512


class BotSettings(BaseModel):
    backend: BackendSettings
    greeting: str = "hi"
