class Station:
    name = "station"

    class Antenna:
        def __init__(self, config):
            self.config = config

        async def start(self):
            self.gain = self.config.get("gain", 1)

        async def stop(self):
            self.gain = 0

        async def receive(self):
            return "noise" * self.gain
