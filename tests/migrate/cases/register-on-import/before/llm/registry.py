_classes = {}


def register_provider(name, cls):
    """Make `cls` known under `name`."""
    _classes[name] = cls


def get_provider(name, config):
    return _classes[name](config)
