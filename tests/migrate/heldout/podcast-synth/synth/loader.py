import importlib
import logging

from synth.base import SynthesisProvider


class ProviderLoader:
    """`synth.providers.<name>` must hold `<Name>Provider`."""

    package = "synth.providers"

    def load(self, name: str, **config) -> SynthesisProvider:
        mod = importlib.import_module(f"{self.package}.{name}")
        return getattr(mod, f"{name.title()}Provider")(**config)


class ProviderInfo:
    def __init__(self, name, version="1"):
        self.name = name
        self.version = version
