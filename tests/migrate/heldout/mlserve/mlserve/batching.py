import queue
import threading
from concurrent.futures import Future
from typing import NamedTuple

import numpy as np


class Request(NamedTuple):
    x: np.ndarray
    future: Future


class BatchingFrontend:
    """Collects single requests into batches; start() it once per process."""

    def __init__(self, runner, max_batch=32, wait_ms=5):
        self.runner = runner
        self.max_batch = max_batch
        self.wait = wait_ms / 1000
        self.q: "queue.Queue[Request]" = queue.Queue()
        self._worker = None
        self._stopping = threading.Event()

    def start(self):
        self.runner.load()
        self._worker = threading.Thread(target=self._loop, daemon=True)
        self._worker.start()

    def stop(self):
        self._stopping.set()
        self._worker.join(timeout=5)
        self.runner.unload()

    def submit(self, x):
        f = Future()
        self.q.put(Request(x, f))
        return f.result()

    def _loop(self):
        while not self._stopping.is_set():
            batch = []
            try:
                batch.append(self.q.get(timeout=0.1))
                while len(batch) < self.max_batch:
                    batch.append(self.q.get(timeout=self.wait))
            except queue.Empty:
                pass
            if batch:
                ys = self.runner.predict(np.stack([r.x for r in batch]))
                for r, y in zip(batch, ys):
                    r.future.set_result(y)


class Preprocessor:
    def __init__(self, size, mean, std):
        self.size, self.mean, self.std = size, mean, std

    def __call__(self, img):
        return (np.asarray(img.resize(self.size), "f4") / 255 - self.mean) / self.std
