import importlib


class Loader:
    def load(self, name, **config):
        module = importlib.import_module(f"voices.providers.{name}")
        return getattr(module, name.title())(**config)


class LoaderError(ImportError):
    pass
