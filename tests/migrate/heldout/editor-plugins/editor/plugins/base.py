class PluginMeta(type):
    known = []

    def __new__(mcls, name, bases, namespace, **options):
        cls = super().__new__(mcls, name, bases, namespace)
        mcls.known.append(cls)
        return cls


class Extension:
    """Something that the editor loads and unloads."""

    def __init__(self, editor, config):
        self.editor = editor
        self.config = config
        self.active = False

    async def load(self):
        await self._on_load()
        self.active = True

    async def unload(self):
        self.active = False
        await self._on_unload()

    async def _on_load(self):
        pass

    async def _on_unload(self):
        pass
