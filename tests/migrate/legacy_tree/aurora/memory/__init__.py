from .base import BaseMemory
from .providers import *

__all__ = ["BaseMemory", "LocalProvider", "RingProvider"]
