from abc import abstractmethod


class BaseProvider:
    def __init__(self, config):
        self.config = config

    @abstractmethod
    async def connect(self):
        """Open the connection."""

    @abstractmethod
    async def disconnect(self):
        """Close it."""
