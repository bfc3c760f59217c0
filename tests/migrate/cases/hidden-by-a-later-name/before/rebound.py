from collections import OrderedDict as BaseProvider
from threading import Thread as Service


class LocalProvider(BaseProvider):
    def load(self):
        return list(self)

    def close(self):
        self.clear()


class MailService(Service):
    def stop(self):
        return self.name


Provider = {"local": LocalProvider}
