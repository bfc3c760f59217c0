import dataclasses
import enum


class Metric(enum.Enum):
    COSINE = "cosine"
    DOT = "dot"


@dataclasses.dataclass
class StoreConfig:
    dimensions: int
    metric: Metric = Metric.COSINE
    api_key: str | None = None


class Embedding(list):
    @property
    def norm(self):
        return sum(x * x for x in self) ** 0.5


class DimensionMismatch(ValueError):
    pass
