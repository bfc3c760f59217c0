"""Fixtures that all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

from purveyor.monitor.metrics import MetricsManager

# Nothing that Hypothesis finds: what coverage then lacks, chance alone had met.
settings.register_profile("none", phases=())


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> MetricsManager:
    """A metrics manager of the test's own, in the place of the process's."""
    fresh = MetricsManager()
    monkeypatch.setattr(MetricsManager, "_instance", fresh)
    return fresh
