from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from purveyor.storage import LocalStorage

from .helpers import descriptors, leftovers, local, workers


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
