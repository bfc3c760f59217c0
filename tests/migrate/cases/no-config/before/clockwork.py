class Clockwork:
    """Ticks while it runs."""

    def __init__(self):
        self.ticks = 0
        self.running = False

    async def start(self):
        self.running = True

    async def stop(self):
        self.running = False

    async def tick(self):
        if self.running:
            self.ticks += 1
        return self.ticks
