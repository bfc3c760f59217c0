from abc import ABC, abstractmethod
from typing import Any, Generic, Iterable, Mapping, TypeVar

import attr

E = TypeVar("E", bound="Entry")
C = TypeVar("C")


@attr.s
class Entry(object):
    dn = attr.ib()
    attrs = attr.ib(factory=dict)


@attr.s
class LdapOptions(object):
    uri = attr.ib()
    bind_dn = attr.ib(default=None)
    password = attr.ib(default=None, repr=False)
    base = attr.ib(default="dc=corp")


class Connector(ABC, Generic[C, E]):
    def __init__(self, options: C):
        self.options = options

    @abstractmethod
    def connect(self): ...

    @abstractmethod
    def disconnect(self): ...

    @abstractmethod
    def entries(self) -> Iterable[E]: ...

    def push(self, entry: E):
        raise NotImplementedError(f"{type(self).__name__} is read-only")


class LdapConnector(Connector[LdapOptions, Entry]):
    def connect(self):
        import ldap
        self.con = ldap.initialize(self.options.uri)
        self.con.simple_bind_s(self.options.bind_dn, self.options.password)

    def disconnect(self):
        self.con.unbind_s()

    def entries(self):
        for dn, a in self.con.search_s(self.options.base, 2):
            yield Entry(dn, a)


class GraphConnector(Connector[Mapping[str, Any], Entry]):
    def connect(self):
        import msal
        import requests
        app = msal.ConfidentialClientApplication(self.options["client"], self.options["secret"])
        tok = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
        self.http = requests.Session()
        self.http.headers["Authorization"] = "Bearer " + tok["access_token"]

    def disconnect(self):
        self.http.close()

    def entries(self):
        for u in self.http.get("https://graph.microsoft.com/v1.0/users").json()["value"]:
            yield Entry(u["userPrincipalName"], u)

    def push(self, entry):
        self.http.patch("https://graph.microsoft.com/v1.0/users/" + entry.dn, json=entry.attrs)
