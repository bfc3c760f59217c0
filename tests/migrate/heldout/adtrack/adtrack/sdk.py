"""Analytics SDK as shipped to customers."""
import atexit
import json
import queue
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Dict, List, Optional

import requests

from ._private.version import VERSION  # generated at build time


@dataclass
class Options:
    write_key: str
    host: str = "https://in.adtrack.io"
    flush_at: int = 20
    flush_interval: float = 10.0
    on_error: Optional[Callable] = None


@dataclass
class Event:
    name: str
    user: str
    props: Dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Consumer(threading.Thread):
    def __init__(self, q, opts):
        super().__init__(daemon=True)
        self.q, self.opts = q, opts
        self.running = True

    def pause(self):
        self.running = False

    def run(self):
        while self.running:
            batch = []
            t0 = time.monotonic()
            while len(batch) < self.opts.flush_at and time.monotonic() - t0 < self.opts.flush_interval:
                try:
                    batch.append(self.q.get(timeout=0.5))
                except queue.Empty:
                    continue
            if batch:
                self.send(batch)

    def send(self, batch):
        try:
            requests.post(self.opts.host + "/v1/batch", json=[asdict(e) for e in batch],
                          auth=(self.opts.write_key, ""), headers={"User-Agent": VERSION})
        except Exception as e:
            if self.opts.on_error:
                self.opts.on_error(e, batch)


class Analytics:
    def __init__(self, opts: Options):
        self.opts = opts
        self.q = queue.Queue(10000)
        self.consumer = Consumer(self.q, opts)
        self.consumer.start()
        atexit.register(self.close)

    def track(self, user, name, **props):
        self.q.put_nowait(Event(name, user, props))

    def flush(self):
        while not self.q.empty():
            time.sleep(0.05)

    def close(self):
        self.flush()
        self.consumer.pause()
        self.consumer.join()

    def __enter__(self):
        return self

    def __exit__(self, *a):
        self.close()


class PageSession:
    """A visitor's session: opened on the first hit, closed after 30 minutes."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.hits: List[Event] = []
        self.opened_at = self.closed_at = None

    def open(self, t):
        self.opened_at = t

    def close(self, t):
        self.closed_at = t


class Timer:
    def __init__(self, analytics, user, name):
        self.a, self.user, self.name = analytics, user, name

    def __enter__(self):
        self.t = time.perf_counter()
        return self

    def __exit__(self, et, e, tb):
        self.a.track(self.user, self.name, seconds=time.perf_counter() - self.t, failed=et is not None)
