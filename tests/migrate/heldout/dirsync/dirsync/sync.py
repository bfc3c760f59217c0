import abc
from contextlib import ExitStack

from . import connector


class Mapper(abc.ABC):
    @abc.abstractmethod
    def map(self, e: connector.Entry) -> connector.Entry: ...


class LowercaseMapper(Mapper):
    def map(self, e):
        return connector.Entry(e.dn.lower(), e.attrs)


class AttributeMapper(Mapper):
    def __init__(self, table):
        self.table = table

    def map(self, e):
        return connector.Entry(e.dn, {self.table.get(k, k): v for k, v in e.attrs.items()})


class connected:
    def __init__(self, con):
        self.con = con

    def __enter__(self):
        self.con.connect()
        return self.con

    def __exit__(self, *exc):
        self.con.disconnect()


class SyncReport(dict):
    def close(self):
        self["total"] = sum(v for k, v in self.items() if k != "total")


class SyncJob:
    def __init__(self, src, dst, *mappers):
        self.src, self.dst, self.mappers = src, dst, mappers

    def run(self):
        rep = SyncReport(pushed=0)
        with connected(self.src) as s, connected(self.dst) as d:
            for e in s.entries():
                for m in self.mappers:
                    e = m.map(e)
                d.push(e)
                rep["pushed"] += 1
        rep.close()
        return rep
