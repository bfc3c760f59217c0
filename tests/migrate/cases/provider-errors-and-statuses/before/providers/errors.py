class ProviderError(RuntimeError):
    def __init__(self, message, *, provider=None):
        super().__init__(message)
        self.provider = provider


class ProviderClosed(ProviderError):
    def close(self):
        return self.provider
