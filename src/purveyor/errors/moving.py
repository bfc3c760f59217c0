"""Errors of moving data out of legacy stores, and back."""

from __future__ import annotations

from purveyor.errors.base import PurveyorError

__all__ = ["MoveError"]


class MoveError(PurveyorError):
    """Data cannot be moved as it is."""
