import sys
import time


class Spinner:
    def __init__(self, text, file=sys.stderr):
        self.text = text
        self.file = file
        self.began = None

    def start(self):
        self.began = time.monotonic()

    def stop(self):
        self.file.write(f"{self.text} {time.monotonic() - self.began:.1f} s\n")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()


class Bar:
    def __init__(self, total):
        self.total = total
        self.done = 0

    def update(self, by=1):
        self.done += by

    def close(self):
        self.done = self.total


class Table:
    def __init__(self, *columns):
        self.columns = columns
        self.rows = []

    def add(self, *row):
        self.rows.append(row)
