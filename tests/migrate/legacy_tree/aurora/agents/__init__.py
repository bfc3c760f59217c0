from .base import AgentState, BaseProvider
from .providers import Engine, Factory, Provider

__all__ = ["AgentState", "BaseProvider", "Engine", "Factory", "Provider"]
