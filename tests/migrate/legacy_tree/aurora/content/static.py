import aurora.content.plugin as plugins


@plugins.plugin("static")
class StaticSource(plugins.Source):
    def __init__(self, text=""):
        self.text = text

    async def fetch(self):
        return self.text.splitlines()
