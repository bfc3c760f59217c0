import sys

if sys.maxsize > 2**31:

    class Clock:
        def __init__(self, config):
            self.config = config

        async def start(self):
            self.bits = 64

        async def stop(self):
            self.bits = 0

        async def width(self):
            return self.bits

else:

    class Clock:
        def __init__(self, config):
            self.config = config

        async def start(self):
            self.bits = 32

        async def stop(self):
            self.bits = 0

        async def width(self):
            return self.bits
