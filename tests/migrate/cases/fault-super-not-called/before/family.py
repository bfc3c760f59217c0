class Parent:
    def __init__(self, config):
        self.config = config
        self.events = []

    async def initialize(self):
        self.events.append("up")

    async def cleanup(self):
        self.events.append("down")


class Forgetful(Parent):
    def __init__(self, config):
        self.config = config

    async def initialize(self):
        self.events = []

    async def count(self):
        return len(self.events)


class Careful(Parent):
    def __init__(self, config):
        Parent.__init__(self, config)
        self.extra = 1

    async def count(self):
        return len(self.events) + self.extra


class Heir(Parent):
    async def count(self):
        return len(self.events)
