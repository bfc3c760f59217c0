_known = {}


class UnknownBackend(KeyError):
    pass


def register_provider(name, cls):
    _known[name] = cls


def lookup(name, config):
    try:
        return _known[name](config)
    except KeyError:
        raise UnknownBackend(name) from None
