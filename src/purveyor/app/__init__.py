"""A running system: a configuration, the drivers it names, and a manager that runs them."""

from purveyor.app.opening import open  # noqa: A004 - purveyor.open() is what it is called
from purveyor.app.system import System
from purveyor.app.transition import ReloadSummary

__all__ = ["ReloadSummary", "System", "open"]
