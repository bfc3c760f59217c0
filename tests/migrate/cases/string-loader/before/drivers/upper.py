class UpperProvider:
    def __init__(self, **config):
        self.strip = config.get("strip", False)

    async def initialize(self):
        pass

    async def cleanup(self):
        pass

    async def upper(self, text):
        return (text.strip() if self.strip else text).upper()
