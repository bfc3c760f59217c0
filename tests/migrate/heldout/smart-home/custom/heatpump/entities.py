class Entity:
    should_poll = False

    def __init__(self, coordinator):
        self.coordinator = coordinator

    @property
    def name(self):
        return type(self).__name__


class Temperature(Entity):
    unit = "°C"

    @property
    def value(self):
        return self.coordinator.api


class Boost(Entity):
    async def turn_on(self):
        await self.coordinator.api.get("boost?on")

    async def turn_off(self):
        await self.coordinator.api.get("boost?off")


class ConfigFlow:
    version = 1

    async def step_user(self, data=None):
        return {"type": "form"} if data is None else {"type": "entry", "data": data}
