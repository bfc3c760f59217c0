import sqlite3

from . import Hit, Index


class FtsIndex(Index):
    def __init__(self, path):
        self.path = path

    def _open(self):
        self.db = sqlite3.connect(self.path)

    def _close(self):
        self.db.close()

    def find(self, words):
        return [Hit(u, r) for u, r in self.db.execute("select url, rank from t where t match ?", (words,))]


class RankError(ValueError):
    pass
