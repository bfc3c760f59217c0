from contextlib import ContextDecorator

from .api import Context
from .sources import NoopSource

_source = NoopSource()


def set_source(s):
    global _source
    _source.shutdown()
    s.initialize(Context())
    _source = s


class Client:
    def __init__(self, domain=""):
        self.domain = domain

    def enabled(self, key, default=False, **attrs):
        return bool(_source.resolve(key, default, Context(attributes=attrs)).value)


class override(ContextDecorator):
    """with override(new_checkout=True): ..."""

    def __init__(self, **flags):
        self.flags = flags

    def __enter__(self):
        from .sources import InMemorySource
        self._old = _source
        set_source(InMemorySource(**self.flags))

    def __exit__(self, *exc):
        set_source(self._old)
