class HeldError(Exception):
    def __init__(self, config):
        super().__init__(str(config))
        self.config = config

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        return False

    async def start(self):
        return self.args

    async def stop(self):
        return None


class Stop(HeldError, StopAsyncIteration):
    pass


class ManyHeld(ExceptionGroup):
    def close(self):
        return len(self.exceptions)


class ProviderWarning(UserWarning):
    def load(self):
        return self.args
