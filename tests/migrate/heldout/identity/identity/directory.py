import ldap3


class LdapDirectory:
    """Who is who, according to the house."""

    def __init__(self, config):
        self.config = config

    async def connect(self):
        self.connection = ldap3.Connection(self.config["server"])

    async def disconnect(self):
        self.connection.unbind()

    async def find(self, uid):
        return self.connection.search(self.config["base"], f"(uid={uid})")


class Principal:
    def __init__(self, uid, groups=()):
        self.uid = uid
        self.groups = frozenset(groups)

    def __eq__(self, other):
        return self.uid == other.uid

    def __hash__(self):
        return hash(self.uid)
