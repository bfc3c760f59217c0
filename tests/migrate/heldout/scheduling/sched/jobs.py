import enum
import threading
from dataclasses import dataclass


class Every(enum.Enum):
    HOUR = 3600
    DAY = 86400


@dataclass
class Job:
    name: str
    every: Every
    started: float | None = None

    def start(self, now):
        self.started = now

    def stop(self):
        self.started = None


class JobFailed(Exception):
    pass


class Runner(threading.Thread):
    def __init__(self, job, config):
        super().__init__(name=job.name)
        self.job = job
        self.config = config

    def run(self):
        self.job.start(0)

    def shutdown(self):
        self.join()
