"""Each test counts for itself."""

from __future__ import annotations

import pytest

from purveyor.monitor.metrics import MetricsManager


@pytest.fixture(autouse=True)
def _own_metrics(metrics: MetricsManager) -> None: ...
