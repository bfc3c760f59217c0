import io
import math
import os
import sqlite3
import urllib.request
from collections import OrderedDict, namedtuple

TileKey = namedtuple("TileKey", "z x y")


class LngLat(namedtuple("LngLat", "lng lat")):
    def tile(self, z):
        n = 2 ** z
        r = math.radians(self.lat)
        return TileKey(z, int((self.lng + 180) / 360 * n),
                       int((1 - math.asinh(math.tan(r)) / math.pi) / 2 * n))


class TileProvider:
    """Returns tile bytes. Opened by the server at startup."""
    min_zoom, max_zoom = 0, 18

    def open(self):
        return self

    def close(self):
        return None

    def tile(self, key):
        raise NotImplementedError

    __call__ = lambda self, key: self.tile(key)


class MbtilesProvider(TileProvider):
    def __init__(self, path):
        self.path = path

    def open(self):
        self.db = sqlite3.connect("file:%s?mode=ro" % self.path, uri=True)
        return self

    def close(self):
        self.db.close()

    def tile(self, key):
        row = self.db.execute(
            "select tile_data from tiles where zoom_level=? and tile_column=? and tile_row=?",
            (key.z, key.x, 2 ** key.z - 1 - key.y)).fetchone()
        return row and row[0]


class HttpProvider(TileProvider):
    def __init__(self, template):
        self.template = template

    def tile(self, key):
        with urllib.request.urlopen(self.template.format(**key._asdict())) as r:
            return r.read()


class DirectoryProvider(TileProvider):
    def __init__(self, root):
        self.root = root

    def tile(self, key):
        with open(os.path.join(self.root, *map(str, key)) + ".png", "rb") as f:
            return f.read()


class CachingProvider(TileProvider):
    def __init__(self, inner, size=1000):
        self.inner = inner
        self.size = size
        self.lru = OrderedDict()

    def open(self):
        self.inner.open()
        return self

    def close(self):
        self.lru.clear()
        self.inner.close()

    def tile(self, key):
        if key in self.lru:
            self.lru.move_to_end(key)
        else:
            self.lru[key] = self.inner.tile(key)
            if len(self.lru) > self.size:
                self.lru.popitem(last=False)
        return self.lru[key]
