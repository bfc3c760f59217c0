class Directory:
    """Services by name; closing it closes them."""

    def __init__(self, config=None):
        self.config = config
        self._services = {}

    def register_service(self, name, service):
        self._services[name] = service
        return service

    def get_service(self, name):
        try:
            return self._services[name]
        except KeyError:
            raise LookupError(name) from None

    async def start(self):
        for service in self._services.values():
            await service.start()

    async def stop(self):
        for service in self._services.values():
            await service.stop()


class PluginHub:
    def __init__(self):
        self.plugins = {}

    def register(self, plugin):
        self.plugins[plugin.name] = plugin

    def unregister(self, name):
        return self.plugins.pop(name, None)

    async def load(self):
        for plugin in self.plugins.values():
            await plugin.load()

    async def unload(self):
        for plugin in self.plugins.values():
            await plugin.unload()
