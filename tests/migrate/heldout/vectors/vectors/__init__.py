"""Vector search."""

from .stores import FlatIndex, HostedIndex
from .types import Metric, StoreConfig

__all__ = ["FlatIndex", "HostedIndex", "Metric", "StoreConfig"]
