import pickle
import sqlite3
import threading
import time


class CacheMeta(type):
    registry = {}

    def __new__(mcls, name, bases, ns, scheme=None):
        cls = super().__new__(mcls, name, bases, ns)
        if scheme:
            mcls.registry[scheme] = cls
        return cls


class Cache(metaclass=CacheMeta):
    def __init__(self, url, ttl=300):
        self.url = url
        self.ttl = ttl

    def initialize(self):
        pass

    def teardown(self):
        pass

    def get(self, key, default=None):
        raise NotImplementedError

    def set(self, key, value, ttl=None):
        raise NotImplementedError


class DictCache(Cache, scheme="mem"):
    def initialize(self):
        self._d = {}
        self._l = threading.RLock()

    def teardown(self):
        self._d.clear()

    def get(self, key, default=None):
        with self._l:
            value, exp = self._d.get(key, (default, 0))
        return value if exp > time.time() else default

    def set(self, key, value, ttl=None):
        with self._l:
            self._d[key] = value, time.time() + (ttl or self.ttl)


class SqliteCache(Cache, scheme="sqlite"):
    def initialize(self):
        self._c = sqlite3.connect(self.url.partition("://")[2], check_same_thread=False)
        self._c.execute("create table if not exists c (k primary key, v, e)")

    def teardown(self):
        self._c.close()

    def get(self, key, default=None):
        row = self._c.execute("select v from c where k=? and e>?", (key, time.time())).fetchone()
        return pickle.loads(row[0]) if row else default

    def set(self, key, value, ttl=None):
        with self._c:
            self._c.execute("replace into c values (?,?,?)",
                            (key, pickle.dumps(value), time.time() + (ttl or self.ttl)))


class MemcacheCache(Cache, scheme="memcache"):
    def initialize(self):
        import pymemcache
        self._c = pymemcache.Client(self.url)

    def teardown(self):
        self._c.close()

    def get(self, key, default=None):
        return self._c.get(key, default)

    def set(self, key, value, ttl=None):
        self._c.set(key, value, expire=ttl or self.ttl)
