from abc import ABC
from typing import Any, Dict

from purveyor.migrate import LegacyProvider


class Provider(LegacyProvider[Any], ABC):
    """Base class for providers."""
    
    def __init__(self, config: Dict[str, Any]):
        self._config = config
        
    @property
    def config(self) -> Dict[str, Any]:
        """Get provider config."""
        return self._config
        
    async def initialize(self) -> None:
        """Initialize provider."""
        pass
        
    async def cleanup(self) -> None:
        """Cleanup provider."""
        pass
