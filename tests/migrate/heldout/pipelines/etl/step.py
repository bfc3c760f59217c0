__all__ = ["Step", "StepError"]


class StepError(Exception):
    pass


class Step:
    """A piece of a pipeline. Subclasses do as much of it as they like."""

    def __init__(self, **options):
        self.options = options

    async def setup(self):
        pass

    async def process(self, row):
        raise NotImplementedError

    async def teardown(self):
        pass
