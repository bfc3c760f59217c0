from .local import LocalProvider
from .ring import RingProvider

__all__ = ["LocalProvider", "RingProvider"]
