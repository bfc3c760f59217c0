FORMATS = {}


class Format:
    def __init_subclass__(cls, *, suffix="", **rest):
        super().__init_subclass__(**rest)
        cls.suffix = suffix
        if suffix:
            FORMATS[suffix] = cls

    def __init__(self, config):
        self.config = config

    async def load(self):
        raise NotImplementedError

    async def unload(self):
        raise NotImplementedError


class Lines(Format, suffix=".txt"):
    async def load(self):
        self.separator = self.config.get("separator", "\n")

    async def unload(self):
        self.separator = None

    async def split(self, text):
        return text.split(self.separator)


class Words(Lines, suffix=".words"):
    async def load(self):
        self.separator = " "
