from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

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
    return len(os.listdir("/dev/fd"))


def workers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("purveyor-files")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def no_leaks() -> Iterator[None]:
    before = descriptors()
    yield
    assert descriptors() == before
    assert workers() == []


@pytest.fixture
async def files(root: Path) -> AsyncIterator[LocalStorage]:
    """An open local storage, which must leave neither descriptors nor threads nor temporary files behind."""
    before = descriptors()
    provider = local(root)
    await provider.initialize()
    yield provider
    await provider.cleanup()
    assert descriptors() == before
    assert workers() == []
    assert [path for path in leftovers(root) if path.startswith("tmp/")] == []
