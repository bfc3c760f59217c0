from contextvars import ContextVar

from .exporters import ConsoleTraces, Span, TraceProvider

_current = ContextVar("span", default=None)


class Tracer:
    def __init__(self, provider: TraceProvider):
        self.provider = provider
        self.buffer = []

    def span(self, name):
        s = Span(name, _current.get())
        _current.set(s)
        self.buffer.append(s)
        return s

    async def flush(self):
        out, self.buffer = self.buffer, []
        await self.provider.export(out)


class NoopSpan(Span):
    def end(self):
        pass
