import dataclasses
import json
import typing as t


@dataclasses.dataclass(frozen=True)
class Envelope:
    topic: str
    body: t.Any
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def load(cls, raw: bytes) -> "Envelope":
        return cls(**json.loads(raw))

    def dump(self) -> bytes:
        return json.dumps(dataclasses.asdict(self)).encode()


class RetryMixin:
    """Adds ``retrying`` to any bus."""
    attempts = 3

    async def retrying(self, fn, *a):
        for n in range(self.attempts):
            try:
                return await fn(*a)
            except ConnectionError:
                if n == self.attempts - 1:
                    raise


class Handler(t.Protocol):
    async def __call__(self, env: Envelope) -> None: ...


class BusClosed(ConnectionError):
    pass
