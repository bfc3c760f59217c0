from ._unit import Unit
from ._unit import Unit as Component

__all__ = ["Component", "Unit"]
