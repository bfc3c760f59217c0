"""Old and new, in processes of their own, compared."""

from __future__ import annotations

from purveyor.migrate.verify.result import Comparison, NotExercised, Outcome, Verification
from purveyor.migrate.verify.verifying import verify

__all__ = ["Comparison", "NotExercised", "Outcome", "Verification", "verify"]
