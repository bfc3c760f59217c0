class Secret:
    """Descriptor: resolves lazily from the instance's ``secrets`` mapping."""

    def __init__(self, key=None):
        self.key = key

    def __set_name__(self, owner, name):
        self.key = self.key or name

    def __get__(self, obj, owner=None):
        if obj is None:
            return self
        return obj.secrets[self.key]


class SecretsMeta(type):
    def __new__(mcls, name, bases, ns):
        ns["_secret_fields"] = [k for k, v in ns.items() if isinstance(v, Secret)]
        return super().__new__(mcls, name, bases, ns)


class Masked(str):
    def __repr__(self):
        return "'****'"
