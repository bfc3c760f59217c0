import queue
import threading
import weakref
from typing import Callable, Generic, TypeVar

R = TypeVar("R")


class PoolTimeout(TimeoutError):
    pass


class Pool(Generic[R]):
    """Keeps `size` resources; `open` makes them, `close` destroys them."""

    def __init__(self, factory: Callable[[], R], size=4):
        self.factory, self.size = factory, size
        self._free: "queue.LifoQueue[R]" = queue.LifoQueue()

    def open(self):
        for _ in range(self.size):
            self._free.put(self.factory())

    def close(self):
        while not self._free.empty():
            self.destroy(self._free.get())

    def destroy(self, r: R):
        pass

    def lease(self, timeout=5):
        return Lease(self, timeout)


class Lease:
    """with pool.lease() as r: one borrowed resource, for one block"""

    def __init__(self, pool, timeout):
        self.pool = pool
        self.timeout = timeout

    def __enter__(self):
        try:
            self.r = self.pool._free.get(timeout=self.timeout)
        except queue.Empty:
            raise PoolTimeout()
        return self.r

    def __exit__(self, *exc):
        self.pool._free.put(self.r)


class SocketPool(Pool):
    def destroy(self, r):
        r.close()


class ReadWriteLock:
    def __init__(self):
        self._c = threading.Condition()
        self._readers = 0

    def __enter__(self):
        with self._c:
            self._readers += 1

    def __exit__(self, *exc):
        with self._c:
            self._readers -= 1
            self._c.notify_all()


class Ref(weakref.ref):
    __slots__ = ("name",)
