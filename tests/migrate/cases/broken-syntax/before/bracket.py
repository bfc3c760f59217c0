class Bracket:
    async def start(self):
        return (1, 2]

    async def stop(self): ...
