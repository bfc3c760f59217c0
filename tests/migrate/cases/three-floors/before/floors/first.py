from .ground import Ground


class First(Ground):
    def __init__(self, config):
        super().__init__(config)
        self.speed = config.get("speed", 1)

    async def initialize(self):
        await super().initialize()
        self.steps.append("first up")

    async def cleanup(self):
        self.steps.append("first down")
        await super().cleanup()
