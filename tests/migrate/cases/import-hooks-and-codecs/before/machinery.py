import codecs
import importlib.abc
import importlib.machinery


class TextLoader(importlib.abc.Loader):
    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.loaded = True

    def load(self, name):
        return name


class TextFinder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, TextLoader()) if name.endswith("_text") else None


class Turned(codecs.Codec):
    def encode(self, text, errors="strict"):
        return text[::-1].encode(), len(text)

    def decode(self, data, errors="strict"):
        return bytes(data).decode()[::-1], len(data)


class TurnedDecoder(codecs.IncrementalDecoder):
    def reset(self):
        self.close()

    def close(self):
        return None
