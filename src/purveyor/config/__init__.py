"""Configuration: from `purveyor.toml`, or a mapping of the same shape, to typed specifications of providers.

The names below are loaded when they are first used, since most of them need pydantic (extra ``config``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from purveyor.errors import MissingExtraError

if TYPE_CHECKING:
    from purveyor.config.defaults import TEMPLATE
    from purveyor.config.load import load_config
    from purveyor.config.model import Breaker, Policy, ProviderSpec, ServerConfig, SystemConfig
    from purveyor.config.schema import json_schema
    from purveyor.config.source import ConfigSource, find_config

__all__ = [
    "TEMPLATE",
    "Breaker",
    "ConfigSource",
    "Policy",
    "ProviderSpec",
    "ServerConfig",
    "SystemConfig",
    "find_config",
    "json_schema",
    "load_config",
]

_MODULES = {
    "TEMPLATE": "defaults",
    "Breaker": "model",
    "ConfigSource": "source",
    "Policy": "model",
    "ProviderSpec": "model",
    "ServerConfig": "model",
    "SystemConfig": "model",
    "find_config": "source",
    "json_schema": "schema",
    "load_config": "load",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("pydantic"):
            raise
        raise MissingExtraError("configuration", error.name, "purveyor[config]") from error
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
