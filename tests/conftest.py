"""Fixtures that all tests share."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

from purveyor.monitor.metrics import MetricsManager

# Who runs tests in the background may ignore these, and what the tests start would as well.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)

# Nothing that Hypothesis finds: what coverage then lacks, chance alone had met.
settings.register_profile("none", phases=())


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> MetricsManager:
    """A metrics manager of the test's own, in the place of the process's."""
    fresh = MetricsManager()
    monkeypatch.setattr(MetricsManager, "_instance", fresh)
    return fresh
