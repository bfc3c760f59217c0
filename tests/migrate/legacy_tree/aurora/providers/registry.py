"""`get_provider` always builds with a dictionary."""

_providers = {}


def register_provider(name, cls):
    if not isinstance(cls, type):
        raise TypeError(f"{cls!r} is no class")
    _providers[name] = cls


def get_provider(name, config=None):
    try:
        cls = _providers[name]
    except KeyError:
        raise LookupError(f"no provider {name!r}") from None
    return cls(config or {})


def list_providers():
    return sorted(_providers)
