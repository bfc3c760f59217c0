import pathlib


class Vault:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._keys = None

    async def load(self):
        self._keys = dict(line.split("=") for line in self.path.read_text().splitlines())

    async def unload(self):
        self._keys = None

    async def key(self, name):
        return self._keys[name]


class PasswordPolicy:
    def __init__(self, settings):
        self.shortest = settings.get("shortest", 12)

    def accepts(self, password):
        return len(password) >= self.shortest


class TokenIssuer:
    def __init__(self, config, clock):
        self.config = config
        self.clock = clock

    def issue(self, principal):
        return f"{principal.uid}.{self.clock()}.{self.config['salt']}"

    def verify(self, token):
        return token.endswith(self.config["salt"])


class AuthError(PermissionError):
    code = 403

    def close(self):
        return self.code
