from typing import Any

from purveyor import operation
from purveyor.migrate import LegacyProvider


class Application:
    """What the jobs belong to."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def note(self, text: str) -> None:
        self.log.append(text)


class JobRunner(LegacyProvider[Any]):
    provider_capabilities = ("submit",)

    def __init__(self, app: Application) -> None:
        self.app = app
        self.queue: list[str] | None = None

    async def initialize(self) -> None:
        """Start, as the manager calls it."""
        await self.start()

    async def cleanup(self) -> None:
        """Stop, as the manager calls it."""
        await self.stop()

    async def start(self) -> None:
        self.queue = []
        self.app.note("started")

    async def stop(self) -> None:
        self.queue = None
        self.app.note("stopped")

    @operation
    async def submit(self, job: str) -> int:
        if self.queue is None:
            raise RuntimeError("stopped")
        self.queue.append(job)
        return len(self.queue)
