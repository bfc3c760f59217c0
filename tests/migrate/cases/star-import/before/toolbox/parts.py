from abc import ABC, abstractmethod

__all__ = ["Tool", "SIZES"]

SIZES = (8, 10, 13)


class Tool(ABC):
    def __init__(self, config=None):
        self.config = config or {}

    @abstractmethod
    async def setup(self): ...

    @abstractmethod
    async def teardown(self): ...


class _Secret:
    word = "none"
