class Fourteen:
    def __init__(self, config):
        self.config = config

    async def start(self):
        self.template = t"hello {self.config}"

    async def stop(self):
        self.template = None

    async def number(self, text):
        try:
            return int(text)
        except ValueError, TypeError:
            return len(self.template.strings)
