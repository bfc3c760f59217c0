"""What tests and the processes they start share."""

from __future__ import annotations

import threading
from pathlib import Path

from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.storage import LocalConfig, LocalStorage


def local(root: Path) -> LocalStorage:
    return LocalStorage(ProviderMetadata("files", ProviderType.STORAGE, "test", "1"), LocalConfig(root))


def leftovers(root: Path) -> list[str]:
    """What lies in Purveyor's own folder, but for the locks: temporary files and sidecars."""
    own = root / ".purveyor"
    return sorted(
        str(path.relative_to(own))
        for part in ("tmp", "attributes")
        for path in (own / part).rglob("*")
        if path.is_file()
    )


def tree(root: Path) -> list[str]:
    """The files and folders that other tools see, but for Purveyor's own."""
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.relative_to(root).parts[0] != ".purveyor"
    )


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def workers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("purveyor-files")]
