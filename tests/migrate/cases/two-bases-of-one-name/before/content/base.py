from abc import ABC, abstractmethod


class BaseProvider(ABC):
    @abstractmethod
    async def start(self): ...

    @abstractmethod
    async def stop(self): ...
