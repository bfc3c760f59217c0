import json


class Feature(dict):
    @property
    def coords(self):
        return self["geometry"]["coordinates"]


class Ring:
    """Polygon ring; ``close`` appends the first point."""

    def __init__(self, pts=()):
        self.pts = list(pts)

    def open(self):
        if self.closed:
            self.pts.pop()

    def close(self):
        if not self.closed:
            self.pts.append(self.pts[0])

    @property
    def closed(self):
        return len(self.pts) > 1 and self.pts[0] == self.pts[-1]


class GeoJsonReader:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self._f = open(self.path)
        return self

    def __exit__(self, *a):
        self._f.close()

    def __iter__(self):
        for f in json.load(self._f)["features"]:
            yield Feature(f)
