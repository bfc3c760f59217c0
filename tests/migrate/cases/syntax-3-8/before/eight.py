from typing import Final


class Eight:
    LIMIT: Final = 8

    def __init__(self, config, /, *, name="eight"):
        self.config = config
        self.name = name

    async def start(self):
        if (first := self.config.get("first", 0)) > 0:
            self.first = first
        else:
            self.first = 1

    async def stop(self):
        self.first = 0

    async def add(self, a, b=2, /, c=3, *, d=4):
        return (total := a + b + c + d) + self.first, f"{total=}"

    async def squares(self):
        return [y for x in range(3) if (y := x * x)]
