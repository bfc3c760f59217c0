from llm.registry import get_provider, register_provider
from llm.small import SmallModel

register_provider("small", SmallModel)

__all__ = ["SmallModel", "get_provider", "register_provider"]
