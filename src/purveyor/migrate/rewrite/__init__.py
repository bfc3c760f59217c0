"""What becomes of each class, and the source that it becomes."""

from __future__ import annotations

from purveyor.migrate.rewrite.decide import Decision, State, decide
from purveyor.migrate.rewrite.rewrite import Rewritten, rewrite

__all__ = ["Decision", "Rewritten", "State", "decide", "rewrite"]
