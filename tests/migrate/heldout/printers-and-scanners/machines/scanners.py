import machines.device as device


class Scanner(device.Device):
    label = "scanner"

    async def _warm_up(self):
        self.pages = []

    async def _cool_down(self):
        self.pages = []

    async def scan(self):
        self.pages.append("page")
        return len(self.pages)


class Feeder:
    """Paper, not power."""

    def __init__(self, sheets):
        self.sheets = sheets

    def load(self, sheets):
        self.sheets += sheets
