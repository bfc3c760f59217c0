import csv
import ftplib
from contextlib import AbstractContextManager
from typing import Iterator, NamedTuple, TypedDict

import psycopg2


class Row(NamedTuple):
    key: str
    payload: dict


class SourceOptions(TypedDict, total=False):
    dsn: str
    query: str
    host: str


class Source(AbstractContextManager):
    """Subclasses fill in `_setup` and `_teardown`; nobody overrides enter and exit."""

    def __init__(self, **options):
        self.options = options

    def __enter__(self):
        self._setup()
        return self

    def __exit__(self, exc_type, exc, tb):
        self._teardown()
        return None

    def _setup(self):
        pass

    def _teardown(self):
        pass

    def rows(self) -> Iterator[Row]:
        raise NotImplementedError


class PostgresSource(Source):
    def _setup(self):
        self.conn = psycopg2.connect(self.options["dsn"])

    def _teardown(self):
        self.conn.close()

    def rows(self):
        with self.conn.cursor("etl") as cur:
            cur.execute(self.options["query"])
            for key, payload in cur:
                yield Row(key, payload)


class FtpCsvSource(Source):
    def _setup(self):
        self.ftp = ftplib.FTP(self.options["host"])
        self.ftp.login()

    def _teardown(self):
        self.ftp.quit()

    def rows(self):
        lines = []
        self.ftp.retrlines("RETR export.csv", lines.append)
        for r in csv.DictReader(lines):
            yield Row(r.pop("id"), r)


class ChunkReader:
    """Iterates a source in lists of n rows."""

    def __init__(self, rows, n):
        self._it = iter(rows)
        self._n = n

    def __iter__(self):
        return self

    def __next__(self):
        out = [r for _, r in zip(range(self._n), self._it)]
        if not out:
            raise StopIteration
        return out

    def close(self):
        self._it = iter(())
