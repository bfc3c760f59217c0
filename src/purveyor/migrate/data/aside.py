"""What could not be carried, or was replaced, in a file beside the target, so that nothing is lost."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from purveyor.errors import JournalError
from purveyor.migrate.data.snapshot import failures_of, private, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["put_aside"]


def put_aside(path: Path, source: str, things: list[dict[str, Any]]) -> None:
    """Add things to the file, durably; what is in it already stays, and is not added again.

    Args:
        path: The file: ``{"version": 1, "entries": [{"source", "problem", "raw" or "record", ...}]}``.
        source: What they come from.
        things: What is put aside, as JSON data.

    Raises:
        JournalError: There is a file that is no such one.
        StoreError: It cannot be written; it is as it was.
    """
    with failures_of(path):
        known = {json.dumps(entry): entry for entry in _entries(path)}
        for thing in things:
            entry = {"source": source, **thing}
            known.setdefault(json.dumps(entry), entry)
        part = path.with_name(f".{path.name}.part")
        try:
            part.unlink(missing_ok=True)  # that of a process that was killed
            with open(part, "x", encoding="ascii", opener=private) as file:  # values are nobody else's business
                json.dump({"version": 1, "entries": [*known.values()]}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(path.parent)


def _entries(path: Path) -> list[Any]:
    if not path.exists():
        return []
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["version"] == 1:
            return list(known["entries"])
    except (ValueError, KeyError, TypeError):
        pass
    advice = "move it away, or name another target"
    raise JournalError(str(path), "is in the way of what is to be put aside, and is something else", advice)
