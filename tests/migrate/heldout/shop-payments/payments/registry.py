import threading
from typing import Any, Dict, Type

from payments.gateways.base import PaymentGateway


class GatewayNotRegistered(KeyError):
    pass


class GatewayRegistry:
    _lock = threading.RLock()
    _classes: Dict[str, Type[PaymentGateway]] = {}
    _instances: Dict[str, PaymentGateway] = {}

    @classmethod
    def register(cls, name, gateway):
        with cls._lock:
            cls._classes[name] = gateway

    @classmethod
    def get(cls, name, config: Any = None) -> PaymentGateway:
        with cls._lock:
            if name not in cls._instances:
                if name not in cls._classes:
                    raise GatewayNotRegistered(name)
                cls._instances[name] = cls._classes[name](config)
                cls._instances[name].initialize()
            return cls._instances[name]

    @classmethod
    def cleanup(cls):
        with cls._lock:
            for each in cls._instances.values():
                each.cleanup()
            cls._instances.clear()
