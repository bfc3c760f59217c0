import importlib


class ProviderLoader:
    """Builds what a configuration names."""

    def __init__(self, package="drivers"):
        self.package = package

    def load(self, name, **config):
        module = importlib.import_module(f"{self.package}.{name}")
        cls = getattr(module, f"{name.title()}Provider")
        return cls(**config)
