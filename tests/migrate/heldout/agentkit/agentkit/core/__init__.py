from .base import BaseProvider, ProviderConfig, ProviderError
from .registry import ProviderRegistry

__all__ = ["BaseProvider", "ProviderConfig", "ProviderError", "ProviderRegistry"]
