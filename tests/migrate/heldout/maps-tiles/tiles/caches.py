import hashlib
import os
import sqlite3
from contextlib import contextmanager
from functools import lru_cache

try:
    from pymemcache.client.base import Client as _Memcache
except ImportError:
    class _Memcache:
        def __init__(self, *a, **k):
            raise RuntimeError("pymemcache is missing")


class Tile:
    __slots__ = "z", "x", "y", "data"

    def __init__(self, z, x, y, data=None):
        self.z, self.x, self.y, self.data = z, x, y, data

    @property
    def key(self):
        return "%d/%d/%d" % (self.z, self.x, self.y)


class TileCache(object):
    def __init__(self, **kwargs):
        self.ttl = kwargs.get("ttl", 3600)
        self.options = kwargs

    def init(self):
        pass

    def dispose(self):
        pass

    def get(self, tile):
        raise NotImplementedError

    def put(self, tile):
        raise NotImplementedError


class FileTileCache(TileCache):
    def init(self):
        self.root = self.options.get("root", "/tmp/tiles")
        os.makedirs(self.root, exist_ok=True)

    def get(self, tile):
        try:
            with open(os.path.join(self.root, tile.key), "rb") as fh:
                tile.data = fh.read()
        except OSError:
            pass
        return tile

    def put(self, tile):
        p = os.path.join(self.root, tile.key)
        os.makedirs(os.path.dirname(p), exist_ok=True)
        with open(p, "wb") as fh:
            fh.write(tile.data)


class MBTilesCache(TileCache):
    def init(self):
        self.db = sqlite3.connect(self.options["file"], check_same_thread=False)

    def dispose(self):
        self.db.close()

    @contextmanager
    def tx(self):
        with self.db:
            yield self.db

    def get(self, tile):
        row = self.db.execute("select tile_data from tiles where zoom_level=? and tile_column=? and tile_row=?", (tile.z, tile.x, tile.y)).fetchone()
        tile.data = row and row[0]
        return tile


class MemcachedTileCache(TileCache):
    def init(self):
        self.client = _Memcache((self.options.get("host", "localhost"), 11211))

    def dispose(self):
        self.client.close()

    def get(self, tile):
        tile.data = self.client.get(tile.key)
        return tile

    def put(self, tile):
        self.client.set(tile.key, tile.data, self.ttl)


class TwoLevel(TileCache):
    def __init__(self, fast, slow):
        self.fast, self.slow = fast, slow

    def init(self):
        for c in (self.fast, self.slow):
            c.init()

    def dispose(self):
        for c in (self.fast, self.slow):
            c.dispose()

    def get(self, tile):
        return self.fast.get(tile) if self.fast.get(tile).data else self.slow.get(tile)
