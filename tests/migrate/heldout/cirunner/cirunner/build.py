import enum
import fcntl
import time
from dataclasses import dataclass, field


class Result(enum.IntEnum):
    OK = 0
    FAIL = 1


@dataclass
class Step:
    name: str
    argv: list
    started: float = 0
    took: float = 0

    def start(self):
        self.started = time.time()

    def stop(self):
        self.took = time.time() - self.started


@dataclass
class Build:
    number: int
    steps: list = field(default_factory=list)
    result: Result = Result.OK

    def run(self, env):
        env.setup()
        try:
            for s in self.steps:
                s.start()
                if env.run(s.argv):
                    self.result = Result.FAIL
                s.stop()
                if self.result:
                    break
        finally:
            env.teardown()


class WorkdirLock:
    def __init__(self, path):
        self.path = path

    def open(self):
        self.fd = open(self.path, "w")
        fcntl.flock(self.fd, fcntl.LOCK_EX)

    def close(self):
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        self.fd.close()

    def __enter__(self):
        self.open()

    def __exit__(self, *exc):
        self.close()


class ConsoleLog:
    """io-like; tees into the browser"""

    def __init__(self, path):
        self.f = open(path, "wb", 0)

    def write(self, b):
        return self.f.write(b)

    def fileno(self):
        return self.f.fileno()

    def close(self):
        self.f.close()
