# flake8: noqa
from .connectors import *
import pipedrive


class PipedriveConnector(Connector):
  def connect(self):
    self.api = pipedrive.Client(domain=self.credentials.user)
    self.api.set_api_token(self.credentials.secret)

  def push(self, contact):
    self.api.persons.create_person(contact)


# old one, nobody calls it since the 2021 migration
class OldPipedriveConnector(PipedriveConnector):
  def connect(self):
    raise RuntimeError('v1 api is gone')
