import json
import os
import threading

from .api import Context, ErrorCode, Evaluation, FlagSource, LogHook, Reason


class NoopSource(FlagSource):
    def resolve(self, key, default, context):
        return Evaluation(default)


class EnvSource(FlagSource):
    def __init__(self, prefix="FLAG_"):
        self.prefix = prefix

    def resolve(self, key, default, context):
        raw = os.environ.get(self.prefix + key.upper())
        return Evaluation(default) if raw is None else Evaluation(type(default)(raw), Reason.STATIC)


class FileSource(FlagSource):
    def __init__(self, path, interval=10):
        self.path = path
        self.interval = interval
        self.flags = None
        self._timer = None

    def initialize(self, context):
        self._reload()

    def _reload(self):
        with open(self.path) as f:
            self.flags = json.load(f)
        self._timer = threading.Timer(self.interval, self._reload)
        self._timer.daemon = True
        self._timer.start()

    def shutdown(self):
        if self._timer:
            self._timer.cancel()

    def hooks(self):
        return [LogHook()]

    def resolve(self, key, default, context):
        if self.flags is None:
            return Evaluation(default, Reason.ERROR, ErrorCode.NOT_READY)
        if key not in self.flags:
            return Evaluation(default, Reason.ERROR, ErrorCode.NOT_FOUND)
        return Evaluation(self.flags[key], Reason.TARGETED)


class InMemorySource(FlagSource):
    def __init__(self, **flags):
        self.flags = flags

    def resolve(self, key, default, context):
        return Evaluation(self.flags.get(key, default), Reason.STATIC)
