from abc import ABC, abstractmethod
from typing import Any

from purveyor.migrate import LegacyProvider


class Page(LegacyProvider[Any], ABC):
    @abstractmethod
    async def start(self): ...

    @abstractmethod
    async def stop(self): ...
