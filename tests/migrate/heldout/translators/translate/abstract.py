import abc


class Translator(abc.ABC):
    @abc.abstractmethod
    async def __aenter__(self): ...

    @abc.abstractmethod
    async def __aexit__(self, *error): ...

    @abc.abstractmethod
    async def open(self): ...

    @abc.abstractmethod
    async def close(self): ...

    @abc.abstractmethod
    async def translate(self, text): ...


class Opened(Translator):
    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *error):
        await self.close()
