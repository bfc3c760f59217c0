import asyncio
import contextvars


class Everyone(asyncio.AbstractEventLoopPolicy if hasattr(asyncio, "AbstractEventLoopPolicy") else object):
    pass


class Later(asyncio.Future):
    def start(self):
        self.set_result(None)

    def stop(self):
        self.cancel()


class Scope:
    def __init__(self, name):
        self.variable = contextvars.ContextVar(name)

    def set(self, value):
        return self.variable.set(value)

    def reset(self, token):
        self.variable.reset(token)
