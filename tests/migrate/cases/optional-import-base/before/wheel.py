from compat import Base


class Wheel(Base):
    async def open(self):
        self.spokes = self.config.get("spokes", 8)

    async def close(self):
        self.spokes = 0

    async def turn(self, times):
        return self.spokes * times
