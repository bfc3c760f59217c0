PLUGINS = {}


def plugin(name, *, priority=0):
    def keep(cls):
        if name in PLUGINS:
            raise RuntimeError(f"{name} is registered twice")
        cls.priority = priority
        PLUGINS[name] = cls
        return cls

    return keep


class Source:
    """Content of some kind."""

    async def setup(self):
        """Nothing by default."""

    async def teardown(self):
        """Nothing by default."""

    async def fetch(self):
        raise NotImplementedError
