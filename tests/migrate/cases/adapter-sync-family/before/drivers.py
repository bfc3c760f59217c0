from abc import ABC, abstractmethod


class Driver(ABC):
    def __init__(self, settings):
        self.settings = settings

    def initialize(self):
        self._do_initialize()

    def cleanup(self):
        self._do_cleanup()

    @abstractmethod
    def _do_initialize(self): ...

    @abstractmethod
    def _do_cleanup(self): ...


class Ram(Driver):
    def _do_initialize(self):
        self.cells = [0] * self.settings.get("cells", 2)

    def _do_cleanup(self):
        self.cells = []

    def read(self, index):
        return self.cells[index]


class Rom(Ram):
    def _do_initialize(self):
        self.cells = list(self.settings.get("content", ()))
