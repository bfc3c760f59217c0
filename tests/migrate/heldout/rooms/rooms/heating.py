from rooms.house import Room


class Boiler(Room):
    async def start(self):
        self.degrees = self.settings.get("degrees", 60)

    async def stop(self):
        self.degrees = 0

    async def heat(self, room):
        return f"{room}: {self.degrees}"


class Sauna(Boiler):
    async def start(self):
        await super().start()
        self.degrees += 30
