import time


class Timer:
    def __init__(self, name="timer"):
        self.name = name
        self.laps = []
        self._began = None

    def start(self):
        self._began = time.monotonic()

    def stop(self):
        self.laps.append(time.monotonic() - self._began)
        self._began = None

    @property
    def running(self):
        return self._began is not None
