import collections
import contextlib
import threading
import time

import psycopg2

from .config import PoolConfig


class PoolExhausted(Exception):
    pass


class Pool:
    def __init__(self, config: PoolConfig):
        self.config = config
        self._free = collections.deque()
        self._used = set()
        self._cv = threading.Condition()
        self._closed = True

    def open(self):
        with self._cv:
            for _ in range(self.config.minimum):
                self._free.append(self._new())
            self._closed = False

    def close(self):
        with self._cv:
            self._closed = True
            for c in [*self._free, *self._used]:
                c.close()
            self._free.clear()
            self._used.clear()

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *a):
        self.close()

    def _new(self):
        return psycopg2.connect(self.config.dsn)

    @contextlib.contextmanager
    def connection(self):
        c = self._take()
        try:
            yield c
        finally:
            with self._cv:
                self._used.discard(c)
                self._free.append(c)
                self._cv.notify()

    def _take(self):
        deadline = time.monotonic() + self.config.timeout
        with self._cv:
            while not self._free:
                if len(self._used) < self.config.maximum:
                    self._free.append(self._new())
                    break
                if not self._cv.wait(deadline - time.monotonic()):
                    raise PoolExhausted(self.config.dsn)
            c = self._free.popleft()
            self._used.add(c)
            return c


class Transaction:
    """``with Transaction(conn) as cur: ...``"""

    def __init__(self, conn, isolation=None):
        self.conn = conn
        self.isolation = isolation

    def __enter__(self):
        if self.isolation:
            self.conn.set_session(isolation_level=self.isolation)
        self.cur = self.conn.cursor()
        return self.cur

    def __exit__(self, et, ev, tb):
        try:
            if et is None:
                self.conn.commit()
            else:
                self.conn.rollback()
        finally:
            self.cur.close()


class Savepoint:
    n = 0

    def __init__(self, cur):
        self.cur = cur
        Savepoint.n += 1
        self.name = "sp_%d" % self.n

    def start(self):
        self.cur.execute("savepoint " + self.name)

    def close(self, ok=True):
        self.cur.execute(("release " if ok else "rollback to ") + self.name)


class NamedCursor:
    def __init__(self, conn, name, itersize=2000):
        self._cur = conn.cursor(name=name)
        self._cur.itersize = itersize

    def open(self, sql, params=()):
        self._cur.execute(sql, params)
        return self

    def __iter__(self):
        return iter(self._cur)

    def close(self):
        self._cur.close()


class AdvisoryLock:
    def __init__(self, conn, key):
        self.conn, self.key = conn, key

    def __enter__(self):
        with self.conn.cursor() as c:
            c.execute("select pg_advisory_lock(%s)", (self.key,))
        return self

    def __exit__(self, *exc):
        with self.conn.cursor() as c:
            c.execute("select pg_advisory_unlock(%s)", (self.key,))
