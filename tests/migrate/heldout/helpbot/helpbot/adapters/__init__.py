from .base import ChatAdapter, PollingAdapter

__all__ = ["ChatAdapter", "PollingAdapter"]
