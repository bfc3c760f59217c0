from .base import SearchBackend
from .whoosh import WhooshBackend as Default

__all__ = ("SearchBackend", "Default")
