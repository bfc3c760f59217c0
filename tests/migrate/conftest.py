"""What is data and no test, though it looks like some."""

from __future__ import annotations

collect_ignore = ["cases", "heldout", "legacy_tree"]
