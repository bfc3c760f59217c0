from pydantic import BaseModel, RootModel


class Event(BaseModel):
    start: int
    stop: int

    def length(self) -> int:
        return self.stop - self.start


class Catalogue(RootModel[dict[str, Event]]):
    def load(self, name: str) -> Event:
        return self.root[name]


class RetrySettings(BaseModel):
    attempts: int = 3

    def delays(self) -> list[int]:
        return [2**attempt for attempt in range(self.attempts)]
