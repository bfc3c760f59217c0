# An example for the documentation that was never finished; nobody imports it.
class ExampleProvider(
    async def initialize(self):
        pass
