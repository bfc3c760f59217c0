import maxminddb


class GeoIP:
    _db = None

    def __init__(self, path):
        self._path = path

    def load(self):
        self._db = maxminddb.open_database(self._path, maxminddb.MODE_MMAP)

    def close(self):
        if self._db is not None:
            self._db.close()
            self._db = None

    def country(self, ip):
        rec = self._db.get(ip)
        return rec and rec["country"]["iso_code"]


class UserAgentParser:
    def load(self, ua):
        self.ua = ua
        return self

    @property
    def mobile(self):
        return "Mobi" in self.ua

    def close(self):
        self.ua = None


class Cohort(set):
    def open(self):
        self.frozen = False

    def close(self):
        self.frozen = True
