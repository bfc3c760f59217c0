import contextlib


@contextlib.contextmanager
def provider():
    yield {"name": "test"}


class Recorder:
    def __init__(self):
        self.calls = []

    def __call__(self, *arguments):
        self.calls.append(arguments)
