from dataclasses import dataclass, field
from typing import Any, Dict


@dataclass
class SynthesisConfig:
    type: str
    settings: Dict[str, Any] = field(default_factory=dict)


class SynthesisProvider:
    def __init__(self, config: SynthesisConfig):
        self.config = config
        self._initialized = False

    async def initialize(self):
        pass

    async def cleanup(self):
        pass
