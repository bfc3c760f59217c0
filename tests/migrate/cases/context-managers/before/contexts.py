import contextlib
import os
import time


class Stopwatch:
    def __enter__(self):
        self.began = time.perf_counter()
        return self

    def __exit__(self, *error):
        self.took = time.perf_counter() - self.began


class Folder:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.before = os.getcwd()
        os.chdir(self.path)

    def __exit__(self, *error):
        os.chdir(self.before)


class Quiet(contextlib.ContextDecorator):
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is ValueError


class Many(contextlib.AsyncExitStack):
    async def open(self, other):
        return await self.enter_async_context(other)


class Once(contextlib.AbstractAsyncContextManager):
    async def __aexit__(self, *error):
        return None
