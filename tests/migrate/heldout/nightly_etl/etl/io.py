# -*- coding: utf-8 -*-
import csv
import importlib
import sqlite3


class Connector(object):
    """Something rows come from or go to."""

    def __init__(self, spec):
        self.spec = spec

    def open(self):
        raise NotImplementedError

    def close(self):
        raise NotImplementedError


class Source(Connector):
    def rows(self):
        raise NotImplementedError


class Sink(Connector):
    def write(self, row):
        raise NotImplementedError

    def flush(self):
        pass


class CsvSource(Source):
    def open(self):
        self.fh = open(self.spec["path"], newline="")
        self.reader = csv.DictReader(self.fh)

    def close(self):
        self.fh.close()

    def rows(self):
        for r in self.reader:
            yield r


class SqliteSink(Sink):
    def open(self):
        self.db = sqlite3.connect(self.spec["path"])
        self.batch = []

    def close(self):
        self.flush()
        self.db.close()

    def write(self, row):
        self.batch.append(tuple(row.values()))

    def flush(self):
        q = ",".join("?" * len(self.batch[0])) if self.batch else ""
        if q:
            self.db.executemany("insert into %s values (%s)" % (self.spec["table"], q), self.batch)
            self.db.commit()
        self.batch = []


class NullSink(Sink):
    def open(self):
        pass

    def close(self):
        pass

    def write(self, row):
        pass


class ChunkedRows(object):
    """Iterator over rows, n at a time."""

    def __init__(self, source, n):
        self._it = source.rows()
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        out = []
        for row in self._it:
            out.append(row)
            if len(out) == self.n:
                return out
        if not out:
            raise StopIteration
        return out

    def close(self):
        self._it.close()


ENTRY = {
    "csv": "etl.io:CsvSource",
    "sqlite": "etl.io:SqliteSink",
    "null": "etl.io:NullSink",
}


def make(kind, spec):
    mod, _, cls = ENTRY[kind].partition(":")
    return getattr(importlib.import_module(mod), cls)(spec)
