class Outside:
    async def start(self): ...

    async def stop(self): ...


await Outside().start()
