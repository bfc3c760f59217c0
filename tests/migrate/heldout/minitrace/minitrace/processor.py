import atexit
import queue
import threading


class BatchProcessor:
    def __init__(self, exporter, size=512, every=5.0):
        self.exporter = exporter
        self.size = size
        self.every = every
        self._q = queue.SimpleQueue()
        self._flusher = None

    def start(self):
        self._flusher = _Flusher(self)
        self._flusher.start()
        atexit.register(self.shutdown)

    def shutdown(self):
        self._flusher.stop()
        self.flush()

    def on_end(self, span):
        self._q.put(span)

    def flush(self):
        out = []
        while not self._q.empty() and len(out) < self.size:
            out.append(self._q.get())
        if out:
            self.exporter.export(out)


class _Flusher(threading.Thread):
    def __init__(self, proc):
        super().__init__(name="minitrace-flush", daemon=True)
        self.proc = proc
        self._ev = threading.Event()

    def run(self):
        while not self._ev.wait(self.proc.every):
            self.proc.flush()

    def stop(self):
        self._ev.set()
