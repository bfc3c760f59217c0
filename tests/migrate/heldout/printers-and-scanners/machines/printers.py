from machines.device import Device


class Printer(Device):
    label = "printer"

    async def _warm_up(self):
        self.ink = self.config.get("ink", 100)

    async def print(self, text):
        self.ink -= len(text)
        return self.ink


class ColourPrinter(Printer):
    label = "colour printer"

    async def _warm_up(self):
        await super()._warm_up()
        self.colours = ["c", "m", "y"]


class LabelPrinter(Printer):
    label = "label printer"
