"""Jobs belong to an application that runs."""


class JobRunner:
    def __init__(self, app):
        self.app = app
        self.queue = None

    async def start(self):
        self.queue = []
        self.app.events.emit("started", name="jobs")

    async def stop(self):
        self.queue = None
        self.app.events.emit("stopped", name="jobs")

    async def submit(self, job):
        if self.queue is None:
            raise RuntimeError("stopped")
        self.queue.append(job)
        return len(self.queue)
