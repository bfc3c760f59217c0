class Valve:
    def __init__(self, config):
        self.config = config
        self.turns = 0

    async def start(self):
        self.turns = 0

    async def stop(self):
        self.turns = 0

    def status(self):
        return f"{self.turns} turns"

    def health(self):
        return {"ok": self.turns < 5}

    async def turn(self, by=1):
        self.turns += by
        return self.turns
