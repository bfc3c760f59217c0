import logging
import typing as T
from dataclasses import dataclass

import requests
from simple_salesforce import Salesforce

__all__ = ["Connector", "SalesforceConnector", "HubspotConnector"]


class Contact(T.TypedDict):
    email: str
    name: str


@dataclass
class Credentials:
    user: str
    secret: str

    def load(self):
        return self.user, self.secret


class ConnectorMeta(type):
    registry: T.Dict[str, type] = {}

    def __init__(cls, name, bases, ns):
        super().__init__(name, bases, ns)
        if bases:
            cls.registry[name.replace("Connector", "").lower()] = cls


class Connector(metaclass=ConnectorMeta):
    def __init__(self, credentials: Credentials, dry=False):
        self.credentials = credentials
        self.dry = dry

    def connect(self):
        pass

    def close(self):
        pass

    def pull(self) -> T.Iterable[Contact]:
        return []

    def push(self, contact: Contact):
        raise NotImplementedError


class SalesforceConnector(Connector):
    def connect(self):
        u, s = self.credentials.load()
        self.sf = Salesforce(username=u, password=s, security_token="")

    def close(self):
        self.sf.session.close()

    def pull(self):
        for r in self.sf.query_all("select Email, Name from Contact")["records"]:
            yield {"email": r["Email"], "name": r["Name"]}


class HubspotConnector(Connector):
    def connect(self):
        self.s = requests.Session()
        self.s.headers["Authorization"] = "Bearer " + self.credentials.secret

    def close(self):
        self.s.close()

    def push(self, contact):
        if not self.dry:
            self.s.post("https://api.hubapi.example/contacts", json=contact).raise_for_status()


class _Deprecated:
    def __init__(self, name):
        self.name = name

    def __set_name__(self, owner, name):
        self.name = name
