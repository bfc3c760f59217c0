from providers.errors import ProviderClosed, ProviderError
from providers.status import ProviderEvent, ProviderStatus

__all__ = ["ProviderClosed", "ProviderError", "ProviderEvent", "ProviderStatus"]
