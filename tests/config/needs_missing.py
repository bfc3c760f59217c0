"""A driver's module whose dependency is not installed."""

import missing_module_xyz  # type: ignore[import-not-found]  # noqa: F401
