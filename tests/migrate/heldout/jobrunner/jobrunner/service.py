import logging
import threading

from .executors import JobExecutor
from .jobs import Job

log = logging.getLogger(__name__)


class SchedulerService:
    def __init__(self, executor: JobExecutor, tick=1.0):
        self.executor = executor
        self.tick = tick
        self._timer = None
        self._plans = []
        self._running = False

    def start(self):
        self.executor.start()
        self._running = True
        self._arm()

    def stop(self):
        self._running = False
        if self._timer:
            self._timer.cancel()
        self.executor.shutdown()

    def add(self, schedule, factory):
        self._plans.append((schedule, factory))

    def _arm(self):
        if self._running:
            self._timer = threading.Timer(self.tick, self._fire)
            self._timer.start()

    def _fire(self):
        import datetime
        now = datetime.datetime.now()
        for sch, factory in self._plans:
            if sch.due(now):
                job: Job = factory()
                job.start()
                log.info("submitted %s", self.executor.submit(job))
        self._arm()


class ExecutorRegistry:
    def __init__(self):
        self._by_name = {}

    def register(self, name, cls):
        self._by_name[name] = cls

    def get(self, name, **kw):
        return self._by_name[name](**kw)
