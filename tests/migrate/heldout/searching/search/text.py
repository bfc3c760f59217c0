import re
from dataclasses import dataclass


@dataclass(slots=True)
class Hit:
    document: str
    score: float = 0.0


class Query:
    def __init__(self, text):
        self.terms = re.findall(r"\w+", text)

    def __or__(self, other):
        return Query(" ".join(self.terms + other.terms))


class Analyzer:
    """Splits text; has options, and nothing to open."""

    def __init__(self, options):
        self.options = options

    def __call__(self, text):
        return [word for word in text.split() if len(word) >= self.options.get("shortest", 1)]


class PostingsWriter:
    def __init__(self, file):
        self.file = file
        self.buffer = []

    def write(self, posting):
        self.buffer.append(posting)

    def flush(self):
        self.file.write(repr(self.buffer))
        self.buffer = []

    def close(self):
        self.flush()
        self.file.close()
