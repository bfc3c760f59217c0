from abc import ABC, abstractmethod


class Page(ABC):
    @abstractmethod
    async def start(self): ...

    @abstractmethod
    async def stop(self): ...
