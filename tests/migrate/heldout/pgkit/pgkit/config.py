import os
from dataclasses import dataclass


@dataclass
class PoolConfig:
    dsn: str = ""
    minimum: int = 1
    maximum: int = 10
    timeout: float = 5.0

    @classmethod
    def load(cls, env=os.environ):
        return cls(dsn=env["DATABASE_URL"], maximum=int(env.get("PG_MAX", 10)))
