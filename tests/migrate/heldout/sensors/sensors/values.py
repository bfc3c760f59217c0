from typing import NamedTuple


class Sample(NamedTuple):
    at: float
    value: float


class Series(list):
    def mean(self):
        return sum(sample.value for sample in self) / len(self)
