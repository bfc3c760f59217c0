from __future__ import annotations

import enum
import json
import threading
import typing
from dataclasses import dataclass

from typing_extensions import NotRequired, Protocol, TypedDict


class FlagDoc(TypedDict):
    key: str
    default: bool
    rules: NotRequired[list]


class Reason(str, enum.Enum):
    STATIC = "STATIC"
    TARGETED = "TARGETED"
    ERROR = "ERROR"


@dataclass
class Resolution:
    value: object
    reason: Reason = Reason.STATIC


class SupportsFlags(Protocol):
    def initialize(self, context: dict) -> None: ...
    def shutdown(self) -> None: ...
    def boolean(self, key: str, default: bool) -> Resolution: ...


class AbstractFlagProvider:
    def initialize(self, context: dict) -> None:
        self.context = context

    def shutdown(self) -> None:
        pass

    def boolean(self, key: str, default: bool) -> Resolution:
        return Resolution(default)


class FileFlags(AbstractFlagProvider):
    def __init__(self, path: str):
        self.path = path

    def initialize(self, context):
        super().initialize(context)
        with open(self.path) as fh:
            self.docs: dict[str, FlagDoc] = {d["key"]: d for d in json.load(fh)}

    def boolean(self, key, default):
        d = self.docs.get(key)
        return Resolution(d["default"] if d else default)


class PollingFlags(AbstractFlagProvider):
    def __init__(self, url: str, every: float = 30):
        self.url, self.every = url, every
        self._timer: threading.Timer | None = None

    def initialize(self, context):
        super().initialize(context)
        self._poll()

    def shutdown(self):
        if self._timer:
            self._timer.cancel()

    def _poll(self):
        import urllib.request

        self.docs = json.load(urllib.request.urlopen(self.url))
        self._timer = threading.Timer(self.every, self._poll)
        self._timer.start()


class EnvProvider(json.JSONEncoder):
    """Encodes an environment. Its name is unlucky."""

    def default(self, o):
        return vars(o)


class FlagsApi:
    _provider: typing.ClassVar[AbstractFlagProvider] = AbstractFlagProvider()

    @classmethod
    def set_provider(cls, provider, context=None):
        cls._provider.shutdown()
        provider.initialize(context or {})
        cls._provider = provider

    @classmethod
    def enabled(cls, key):
        return bool(cls._provider.boolean(key, False).value)
