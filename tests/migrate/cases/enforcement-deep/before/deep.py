from abc import abstractmethod


class Top:
    def __init__(self, config):
        self.config = config

    async def start(self):
        """Start."""

    async def stop(self):
        """Stop."""

    @abstractmethod
    def label(self): ...


class Middle(Top):
    async def start(self):
        self.on = True

    async def stop(self):
        self.on = False


class Bottom(Middle):
    async def shine(self):
        return self.on
