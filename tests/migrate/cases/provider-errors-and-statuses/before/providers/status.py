from dataclasses import dataclass
from enum import Enum, auto


class ProviderStatus(Enum):
    STARTED = auto()
    STOPPED = auto()


@dataclass(frozen=True)
class ProviderEvent:
    provider: str
    status: ProviderStatus

    def load(self):
        return f"{self.provider}: {self.status.name}"
