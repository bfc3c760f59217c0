class Crane:
    def __init__(self, config):
        self.config = config

    async def connect(self, *, operator):
        self.operator = operator

    async def disconnect(self, reason):
        self.operator = None
        return reason

    async def lift(self, weight):
        return f"{self.operator} lifts {weight}"
