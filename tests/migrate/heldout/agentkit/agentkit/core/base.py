"""Provider base classes."""

import logging
from abc import ABC, abstractmethod
from typing import Any, Dict, List, Optional

from pydantic import BaseModel

logger = logging.getLogger(__name__)


class ProviderConfig(BaseModel):
    """Provider configuration."""

    type: str
    config: Dict[str, Any] = {}


class ProviderError(Exception):
    """Base class for provider errors."""

    def __init__(self, message: str, provider_type: Optional[str] = None, details: Optional[dict] = None):
        super().__init__(message)
        self.provider_type = provider_type
        self.details = details or {}


class ProviderInitError(ProviderError):
    """Raised when initialization fails."""


class BaseProvider(ABC):
    """Base class for all providers."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self._initialized = False

    @property
    def is_initialized(self) -> bool:
        return self._initialized

    async def initialize(self) -> None:
        if not self._initialized:
            await self._initialize()
            self._initialized = True

    async def cleanup(self) -> None:
        if self._initialized:
            await self._cleanup()
            self._initialized = False

    @abstractmethod
    async def _initialize(self) -> None:
        """Subclass hook."""

    @abstractmethod
    async def _cleanup(self) -> None:
        """Subclass hook."""
