from abc import ABC, abstractmethod


class Ground(ABC):
    def __init__(self, config):
        self.config = config
        self.steps = []

    async def initialize(self):
        self.steps.append("ground up")

    async def cleanup(self):
        self.steps.append("ground down")

    @abstractmethod
    async def work(self): ...
