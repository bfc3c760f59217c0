import abc
import decimal
import logging
import threading

import attrs


class PaymentError(Exception):
    retriable = False


class GatewayTimeout(PaymentError):
    retriable = True


@attrs.define
class Payment:
    ref: str
    amount: decimal.Decimal
    currency: str = "BRL"
    state: str = "aberto"

    def open(self):
        self.state = "aberto"

    def close(self):
        self.state = "liquidado"


class LoggingMixin:
    @property
    def log(self):
        return logging.getLogger(f"paygate.{type(self).__name__.lower()}")


class MetricsMixin(object):
    """soma contadores"""
    _counts = None

    def setup_metrics(self):
        self._counts = {}

    def count(self, what):
        self._counts[what] = self._counts.get(what, 0) + 1


class Gateway(LoggingMixin, MetricsMixin, abc.ABC):
    def __init__(self, **kwargs):
        self.kwargs = kwargs
        self.sandbox = kwargs.get("sandbox", True)

    def setup(self):
        self.setup_metrics()
        self._setup()

    def teardown(self):
        self._teardown()

    def _setup(self):
        ...

    def _teardown(self):
        ...

    @abc.abstractmethod
    def capture(self, payment: Payment): ...

    @abc.abstractmethod
    def void(self, payment: Payment): ...
