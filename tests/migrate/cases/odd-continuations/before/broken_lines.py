from abc import \
    ABC, \
    abstractmethod


class \
    Long(
        ABC
    ):
    def __init__(
        self,
        config
        ,
    ) \
        -> None:
        self.config = \
            config

    @abstractmethod
    async def open(self
                   ) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...


class Longer(
    Long,
):

    async def open(self) -> None:
        self.size = 1 + \
            2

    async def close(self) -> None:
        self.size = 0

    async def \
        measure(self) -> int:
        return (self.size
                + self.config.get(
                    "more", 0))
