from typing import Self


class Eleven:
    def __init__(self, config):
        self.config = config
        self.failed = []

    async def start(self):
        self.failed = []

    async def stop(self):
        self.failed = []

    async def attempt(self, *numbers):
        try:
            raise ExceptionGroup("many", [ValueError(number) for number in numbers])
        except* ValueError as group:
            self.failed += [str(error) for error in group.exceptions]
        except* TypeError:
            pass
        return self.failed

    def same(self) -> Self:
        return self
