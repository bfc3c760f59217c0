import abc
import enum
from dataclasses import dataclass, field


class SpanStatus(enum.Enum):
    OK = 0
    FAILED = 1


@dataclass
class Span:
    name: str
    start: float = 0.0
    stop: float = 0.0
    attributes: dict = field(default_factory=dict)

    def close(self, at):
        self.stop = at


class ExportFailed(RuntimeError):
    def __init__(self, exporter, spans):
        super().__init__(f"{exporter} lost {len(spans)} spans")


class Exporter(abc.ABC):
    """Takes finished spans away."""

    def __init__(self, settings):
        self.settings = settings

    @abc.abstractmethod
    async def start(self): ...

    @abc.abstractmethod
    async def shutdown(self): ...

    @abc.abstractmethod
    async def export(self, spans): ...
