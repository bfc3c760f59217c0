"""Base classes for outgoing SMS carriers."""
import abc
import enum
import logging
from dataclasses import dataclass, field
from typing import Dict, List, Type

log = logging.getLogger(__name__)

__all__ = ["Carrier", "CarrierError", "DeliveryStatus", "OutgoingSms", "carrier", "CARRIERS"]

CARRIERS: Dict[str, Type["Carrier"]] = {}


def carrier(name):
    def deco(cls):
        CARRIERS[name] = cls
        cls.slug = name
        return cls
    return deco


class CarrierError(Exception):
    def __init__(self, carrier, code, text=""):
        super().__init__(f"[{carrier}] {code}: {text}")
        self.code = code


class DeliveryStatus(enum.Enum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass
class OutgoingSms:
    to: str
    text: str
    sender: str = ""
    status: DeliveryStatus = DeliveryStatus.QUEUED
    history: List[str] = field(default_factory=list)

    def close(self, status):
        """Mark the message as final."""
        self.status = status
        self.history.append(status.value)


class Carrier(abc.ABC):
    slug = None

    def __init__(self, settings):
        self.settings = settings
        self._up = False

    def start(self):
        if self._up:
            return
        self._connect()
        self._up = True
        log.info("carrier %s is up", self.slug)

    def stop(self):
        if not self._up:
            return
        try:
            self._disconnect()
        finally:
            self._up = False

    def _connect(self):
        pass

    def _disconnect(self):
        pass

    @abc.abstractmethod
    def send(self, sms: OutgoingSms) -> DeliveryStatus:
        ...
