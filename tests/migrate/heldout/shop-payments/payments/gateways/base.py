import abc
import typing

Config = typing.TypeVar("Config")


class PaymentDeclined(Exception):
    def __init__(self, reason):
        self.reason = reason


class PaymentGateway(typing.Generic[Config], metaclass=abc.ABCMeta):
    def __init__(self, config: Config):
        self.config = config
        self._initialized = False

    def initialize(self):
        if self._initialized:
            return
        self._do_initialize()
        self._initialized = True

    def cleanup(self):
        if self._initialized:
            self._do_cleanup()
        self._initialized = False

    @abc.abstractmethod
    def _do_initialize(self): ...

    def _do_cleanup(self):
        pass

    @abc.abstractmethod
    def charge(self, cents, token): ...
