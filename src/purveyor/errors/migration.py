"""Errors of reading and rewriting legacy source."""

from __future__ import annotations

from purveyor.errors.base import PurveyorError

__all__ = ["MigrationError"]


class MigrationError(PurveyorError):
    """A migration of source files cannot be done, or not be undone."""
