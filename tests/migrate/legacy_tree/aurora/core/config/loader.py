import importlib


class ProviderLoader:
    """Finds ``<Name>Provider`` in ``aurora.<capability>.providers.<name>`` and builds it of keywords."""

    def __init__(self, package="aurora"):
        self.package = package

    def load(self, capability, name, **config):
        module = importlib.import_module(f"{self.package}.{capability}.providers.{name}")
        cls = getattr(module, f"{name.title()}Provider")
        return cls(**config)
