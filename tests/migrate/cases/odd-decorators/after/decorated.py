import functools
import time
from typing import Any

from purveyor.migrate import LegacyProvider, settings


def retry(*, times=1, on=(ValueError,)):
    def decorate(function):
        @functools.wraps(function)
        async def run(*arguments, **options):
            for attempt in range(times):
                try:
                    return await function(*arguments, **options)
                except on:
                    if attempt == times - 1:
                        raise
        return run
    return decorate


class Decorated(LegacyProvider[dict[str, Any]]):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Decorated":
        """Build it from a typed config, by the constructor."""
        return cls(settings(config))

    def __init__(self, config):
        self.tries = 0
        self.config = config

    @retry(times=2)
    async def initialize(self):
        self.tries = 0

    async def cleanup(self):
        self.tries = 0

    @retry(
        times=3,
        on=(ValueError, KeyError),
    )
    async def guess(self, number):
        self.tries += 1
        if self.tries < number:
            raise ValueError(number)
        return self.tries

    @property
    def tired(self): return self.tries > 5

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def half(self, number): return number / 2

    @staticmethod
    def clock(): return time.__name__
