class ProviderManager:
    def __init__(self, config=None):
        self.config = config or {}
        self._providers = {}

    def register(self, name, provider):
        self._providers[name] = provider

    def get(self, name):
        return self._providers.get(name)

    async def initialize(self):
        for provider in self._providers.values():
            await provider.initialize()

    async def cleanup(self):
        for provider in reversed(list(self._providers.values())):
            await provider.cleanup()

    async def __aenter__(self):
        await self.initialize()
        return self

    async def __aexit__(self, *error):
        await self.cleanup()
