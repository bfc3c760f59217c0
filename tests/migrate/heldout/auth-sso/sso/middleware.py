from django.contrib.auth.backends import ModelBackend
from django.utils.deprecation import MiddlewareMixin

from sso import backends as b


class SsoMiddleware(MiddlewareMixin):
    def process_request(self, request):
        request.sso = b.AnonymousUser()


class EmailBackend(ModelBackend):
    """Django's own kind of backend: no life of its own."""

    def authenticate(self, request, username=None, password=None, **kw):
        return None


class ChainBackend(b.AuthBackend):
    def __init__(self, *backends):
        self.backends = backends

    def open(self):
        for x in self.backends:
            x.open()

    def close(self):
        for x in reversed(self.backends):
            x.close()

    def authenticate(self, user, password):
        return next(filter(None, (x.authenticate(user, password) for x in self.backends)), None)
