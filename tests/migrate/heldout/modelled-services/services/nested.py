import sys


class Office:
    name = "office"

    class Printer:
        def __init__(self, config):
            self.config = config

        async def connect(self):
            self.paper = 10

        async def disconnect(self):
            self.paper = 0

        async def print(self, text):
            self.paper -= 1
            return text


if sys.platform == "win32":

    class Spooler:
        async def start(self):
            self.jobs = []

        async def stop(self):
            self.jobs = []

else:

    class Spooler:
        async def start(self):
            self.jobs = ()

        async def stop(self):
            self.jobs = ()
