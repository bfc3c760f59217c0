"""Fixtures for the tests of the lifecycle."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from purveyor.manager import ProviderManager
from tests.lifecycle.lines import nothing_is_left, turns


@pytest.fixture
async def manager() -> AsyncIterator[ProviderManager]:
    """A manager that leaves no task behind."""
    manager = ProviderManager()
    yield manager
    await manager.cleanup(timeout=1)  # a test that failed half-way may have left something waiting
    await turns()
    assert nothing_is_left()
