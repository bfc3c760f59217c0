class ProviderError(Exception):
    """The root of them."""


class ProviderInitializeError(ProviderError):
    def __init__(self, provider: str, config: dict) -> None:
        super().__init__(f"{provider} did not initialize")
        self.provider = provider
        self.config = config

    async def close(self) -> None:
        """Exceptions may have methods, too."""


class Teardown(BaseException):
    pass


class MissingProvider(ProviderError, KeyError):
    def __str__(self) -> str:
        return f"no provider {self.args[0]!r}"
