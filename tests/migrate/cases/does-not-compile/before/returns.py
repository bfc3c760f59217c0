class Returns:
    async def start(self): ...

    async def stop(self): ...


return Returns
