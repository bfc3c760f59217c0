import math; PI = math.pi
class Dense:
    size = 2; colour = "grey"
    def __init__(self, config): self.config = config; self.n = 0
    async def start(self): self.n = 1
    async def stop(self): self.n = 0; self.config = {}
    async def area(self): r = self.size * self.n; return round(PI * r * r, 2)
class Small: x = 1; y = 2
