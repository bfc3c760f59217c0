class Thirteen[T = str]:
    def __init__(self, config: dict[str, T]) -> None:
        self.config = config

    async def start(self) -> None:
        self.first: T | None = next(iter(self.config.values()), None)

    async def stop(self) -> None:
        self.first = None

    async def get(self) -> T | None:
        return self.first
