import time


class FrameClock:
    def __init__(self, fps=60):
        self.fps = fps
        self.last = None

    def start(self):
        self.last = time.perf_counter()

    def stop(self):
        self.last = None

    def tick(self):
        now = time.perf_counter()
        passed, self.last = now - self.last, now
        return passed


class Animation:
    frames = ()

    def start(self):
        self.at = 0

    def stop(self):
        self.at = -1
