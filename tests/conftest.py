"""Fixtures that all tests share."""

from __future__ import annotations

import pytest

from purveyor.monitor.metrics import MetricsManager


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> MetricsManager:
    """A metrics manager of the test's own, in the place of the process's."""
    fresh = MetricsManager()
    monkeypatch.setattr(MetricsManager, "_instance", fresh)
    return fresh
