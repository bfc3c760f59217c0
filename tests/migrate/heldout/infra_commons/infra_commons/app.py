import asyncio
import contextlib
import dataclasses
import signal

from .clients import GrpcStubs, MetricsServer, RabbitPublisher


class Lifespan:
    """Runs components in order, closes them in reverse order."""

    def __init__(self, *components):
        self.components = components
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        await self._stack.__aenter__()
        for c in self.components:
            await c.start()
            self._stack.push_async_callback(c.stop)
        return self

    async def __aexit__(self, *exc):
        return await self._stack.__aexit__(*exc)


class GracefulExit(SystemExit):
    code = 0


class AppState(dict):
    __getattr__ = dict.__getitem__


class RequestScope:
    """Per-request; closed by the middleware when the response is out."""

    def __init__(self, state):
        self.state = state
        self._callbacks = []

    def defer(self, fn):
        self._callbacks.append(fn)

    async def close(self):
        for fn in reversed(self._callbacks):
            await fn()


class ScopeMiddleware:
    def __init__(self, app, state):
        self.app, self.state = app, state

    async def __call__(self, scope, receive, send):
        rs = scope["scope"] = RequestScope(self.state)
        try:
            await self.app(scope, receive, send)
        finally:
            await rs.close()


class lazy:
    """property computed once"""

    def __init__(self, fn):
        self.fn = fn

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, owner):
        if obj is None:
            return self
        v = obj.__dict__[self.name] = self.fn(obj)
        return v
