class LockBox:
    def __init__(self, config):
        self.code = config.get("code", "0000")
        self.tries = 0

    def open(self):
        self.tries = 0

    async def close(self):
        self.tries = 0

    async def try_code(self, code):
        self.tries += 1
        return code == self.code
