class Printer:
    def __init__(self, config):
        self.width = config.get("width", 20)

    async def start(self):
        self.sheets = 0

    async def stop(self):
        self.sheets = 0

    async def show(self, data):
        self.sheets += 1
        return json.dumps(data)[: self.width]
