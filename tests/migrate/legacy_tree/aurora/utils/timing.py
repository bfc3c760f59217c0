import time


class Stopwatch:
    def start(self):
        self.began = time.perf_counter()

    def stop(self):
        return time.perf_counter() - self.began

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.took = self.stop()
