from typing import Literal, TypedDict


class RetryConfig(TypedDict):
    attempts: int
    wait: float


class ClientConfig(TypedDict, total=False):
    host: str
    mode: Literal["fast", "safe"]
    retry: RetryConfig


def read(config: ClientConfig) -> str:
    return f"{config.get('host', 'localhost')} {config.get('mode', 'safe')}"
