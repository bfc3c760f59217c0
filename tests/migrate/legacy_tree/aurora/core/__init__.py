from aurora.core.errors import AuroraError, ProviderError

__all__ = ["AuroraError", "ProviderError"]
