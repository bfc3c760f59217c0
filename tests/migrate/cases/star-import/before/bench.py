from toolbox import *


class Spanner(Tool):
    async def setup(self):
        self.sizes = [size for size in SIZES if size <= self.config.get("largest", 10)]

    async def teardown(self):
        self.sizes = []

    async def fits(self, size):
        return size in self.sizes
