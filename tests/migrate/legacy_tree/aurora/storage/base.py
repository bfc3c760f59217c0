from abc import ABC, abstractmethod


class BaseProvider(ABC):
    """Template: the hooks are what a backend writes."""

    def __init__(self, config):
        self.config = config
        self.state = "created"

    async def initialize(self):
        if self.state != "ready":
            await self._do_initialize()
            self.state = "ready"

    async def cleanup(self):
        if self.state == "ready":
            await self._do_cleanup()
        self.state = "closed"

    @abstractmethod
    async def _do_initialize(self): ...

    @abstractmethod
    async def _do_cleanup(self): ...
