import select

from .pool import Pool


class NotifyListener:
    """Holds one dedicated connection for LISTEN."""

    def __init__(self, pool: Pool, *channels):
        self.pool = pool
        self.channels = channels
        self.conn = None

    def __enter__(self):
        self.conn = self.pool._new()
        self.conn.autocommit = True
        with self.conn.cursor() as c:
            for ch in self.channels:
                c.execute(f'listen "{ch}"')
        return self

    def __exit__(self, *a):
        self.conn.close()
        self.conn = None

    def wait(self, timeout=None):
        if select.select([self.conn], [], [], timeout)[0]:
            self.conn.poll()
            while self.conn.notifies:
                yield self.conn.notifies.pop(0)


class ReplicaPool(Pool):
    def _new(self):
        c = super()._new()
        c.set_session(readonly=True)
        return c


class ShardedPool:
    def __init__(self, configs):
        self.shards = [ReplicaPool(c) if c.minimum == 0 else Pool(c) for c in configs]

    def open(self):
        for s in self.shards:
            s.open()

    def close(self):
        for s in self.shards:
            s.close()

    def connection(self, key):
        return self.shards[hash(key) % len(self.shards)].connection()
