from .loader import ProviderLoader
from .models import AppConfig, ProviderConfig

__all__ = ["AppConfig", "ProviderConfig", "ProviderLoader"]
