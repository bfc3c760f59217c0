import datetime
import enum
import uuid


class JobStatus(enum.Enum):
    NEW = enum.auto()
    RUNNING = enum.auto()
    STOPPED = enum.auto()


class Job:
    def __init__(self, command, image=None):
        self.id = str(uuid.uuid4())
        self.command = command
        self.image = image
        self.status = JobStatus.NEW
        self.log = []

    def start(self):
        self.status = JobStatus.RUNNING
        self.log.append(("start", datetime.datetime.now()))

    def stop(self):
        self.status = JobStatus.STOPPED
        self.log.append(("stop", datetime.datetime.now()))

    def manifest(self):
        return {"kind": "Job", "metadata": {"name": self.id},
                "spec": {"template": {"spec": {"containers": [{"image": self.image, "command": [self.command]}]}}}}


class Schedule:
    def __init__(self, cron):
        self.cron = cron

    class Field:
        def __init__(self, text, lo, hi):
            self.values = set(range(lo, hi + 1)) if text == "*" else {int(text)}

        def __contains__(self, n):
            return n in self.values

    def due(self, t):
        m, h, *_ = self.cron.split()
        return t.minute in self.Field(m, 0, 59) and t.hour in self.Field(h, 0, 23)
