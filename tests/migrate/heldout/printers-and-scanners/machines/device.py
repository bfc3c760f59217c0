from abc import ABC, abstractmethod


class Device(ABC):
    def __init__(self, config):
        self.config = config
        self.on = False

    async def initialize(self):
        await self._warm_up()
        self.on = True

    async def shutdown(self):
        self.on = False
        await self._cool_down()

    async def _warm_up(self): ...

    async def _cool_down(self): ...

    @property
    @abstractmethod
    def label(self): ...
