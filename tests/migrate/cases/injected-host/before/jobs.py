class Application:
    """What the jobs belong to."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def note(self, text: str) -> None:
        self.log.append(text)


class JobRunner:
    def __init__(self, app: Application) -> None:
        self.app = app
        self.queue: list[str] | None = None

    async def start(self) -> None:
        self.queue = []
        self.app.note("started")

    async def stop(self) -> None:
        self.queue = None
        self.app.note("stopped")

    async def submit(self, job: str) -> int:
        if self.queue is None:
            raise RuntimeError("stopped")
        self.queue.append(job)
        return len(self.queue)
