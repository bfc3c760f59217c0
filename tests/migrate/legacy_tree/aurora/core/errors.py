class AuroraError(Exception):
    """The root of all errors."""


class ProviderError(AuroraError):
    def __init__(self, message, *, provider=None):
        super().__init__(message)
        self.provider = provider


class NotInitializedError(ProviderError):
    pass
