import sys
import importlib.metadata


class Extension(object):
    """Third parties subclass this; `activate` hooks belong to them."""

    def initialize(self, app):
        self.app = app
        self.on_load()

    def dispose(self):
        self.on_unload()
        self.app = None

    def on_load(self):
        pass

    def on_unload(self):
        pass


class Shortcode(object):
    def __init__(self, name, fn):
        self.name = name
        self.fn = fn


class ExtensionRegistry(object):
    group = "cms.extensions"

    def __init__(self):
        self._found = {}

    def discover(self):
        for ep in importlib.metadata.entry_points(group=self.group):
            self._found[ep.name] = ep.load()

    def register(self, name, cls):
        self._found[name] = cls

    def get(self, name):
        return self._found[name]

    def __iter__(self):
        return iter(self._found)


class ExtensionError(Exception):
    pass
