import concurrent.futures
import threading
from threading import Thread


class Worker(Thread):
    def __init__(self, config=None):
        super().__init__(daemon=True)
        self.config = config or {}
        self._halt = threading.Event()

    def run(self):
        self._halt.wait()

    def stop(self):
        self._halt.set()


class Heartbeat(threading.Timer):
    def close(self):
        self.cancel()


class Pool(concurrent.futures.ThreadPoolExecutor):
    def start(self):
        return self.submit(int)

    def stop(self):
        self.shutdown(wait=True)
