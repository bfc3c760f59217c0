import json
import sqlite3

from .sources import *


class Sink:
    def open(self): ...
    def write(self, rows): ...
    def close(self): ...


class SqliteSink(Sink):
    def __init__(self, path, table):
        self.path, self.table = path, table

    def open(self):
        self.db = sqlite3.connect(self.path)
        self.db.execute(f"create table if not exists {self.table} (k text primary key, v text)")

    def write(self, rows):
        with self.db:
            self.db.executemany(f"insert or replace into {self.table} values (?, ?)", [(r.key, json.dumps(r.payload)) for r in rows])

    def close(self):
        self.db.close()


class JsonlSink(Sink):
    def __init__(self, path):
        self.path = path

    def open(self):
        self.fh = open(self.path, "w", encoding="utf-8")

    def write(self, rows):
        for r in rows:
            self.fh.write(json.dumps(r._asdict()) + "\n")

    def close(self):
        self.fh.close()


class StepFailed(Exception):
    def __init__(self, step, cause):
        self.step = step
        super().__init__(f"{step}: {cause}")


class Step:
    def __init__(self, name, fn):
        self.name = name
        self.fn = fn

    def __call__(self, rows):
        try:
            return [self.fn(r) for r in rows]
        except Exception as e:
            raise StepFailed(self.name, e) from e
