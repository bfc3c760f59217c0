class ProviderFactory:
    def __init__(self):
        self._makers = {}

    def register(self, name, maker):
        self._makers[name] = maker

    def create(self, name, config):
        return self._makers[name](config)


class ServiceBuilder:
    def __init__(self, config):
        self.config = dict(config)

    def with_name(self, name):
        self.config["name"] = name
        return self

    def build(self):
        return tuple(sorted(self.config.items()))


factory = ProviderFactory()
factory.register("list", list)
