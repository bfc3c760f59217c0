"""Stray bytes: ÿþ."""


class Stray:
    async def start(self): ...

    async def stop(self): ...
