import functools


@functools.total_ordering
class Version:
    def __init__(self, text):
        self.parts = tuple(int(part) for part in text.split("."))

    def __eq__(self, other):
        return self.parts == other.parts

    def __lt__(self, other):
        return self.parts < other.parts

    def __hash__(self):
        return hash(self.parts)


class Cursor:
    def __init__(self, rows):
        self.rows = list(rows)

    def fetch(self, number):
        taken, self.rows = self.rows[:number], self.rows[number:]
        return taken

    def close(self):
        self.rows = []


class RetryPolicy:
    def __init__(self, settings):
        self.settings = settings

    def delay(self, attempt):
        return self.settings.get("base", 1) * 2**attempt
