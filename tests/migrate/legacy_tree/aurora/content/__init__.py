"""Imports every module beside it, so that each can register itself."""

import importlib
import pkgutil

from aurora.content.plugin import PLUGINS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["PLUGINS"]
