from abc import abstractmethod


class Channel:
    def __init__(self, config):
        self.config = config

    @abstractmethod
    async def connect(self):
        """Open."""

    @abstractmethod
    async def disconnect(self):
        """Close."""

    @abstractmethod
    async def flush(self):
        """Send what waits."""
