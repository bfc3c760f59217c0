import ldap3
import requests

try:
    from sso.local_base import AuthBackend
except ImportError:
    class AuthBackend(object):
        def open(self):
            pass

        def close(self):
            pass

        def authenticate(self, user, password):
            return None


class User:
    def __init__(self, uid, groups=()):
        self.uid = uid
        self.groups = set(groups)


class AnonymousUser(User):
    def __init__(self):
        User.__init__(self, "anonymous")


class LdapBackend(AuthBackend):
    def __init__(self, server, base_dn):
        self.server = server
        self.base_dn = base_dn

    def open(self):
        self.pool = ldap3.ServerPool([self.server])

    def close(self):
        self.pool = None

    def authenticate(self, user, password):
        c = ldap3.Connection(self.pool, "uid=%s,%s" % (user, self.base_dn), password)
        return User(user) if c.bind() else None


class OidcBackend(AuthBackend):
    def __init__(self, issuer):
        self.issuer = issuer

    def open(self):
        self.s = requests.Session()
        self.meta = self.s.get(self.issuer + "/.well-known/openid-configuration").json()

    def close(self):
        self.s.close()

    def authenticate(self, user, password):
        r = self.s.post(self.meta["token_endpoint"], data={"username": user, "password": password})
        return User(user) if r.ok else None


class AuthError(Exception):
    status = 401


class Forbidden(AuthError):
    status = 403
