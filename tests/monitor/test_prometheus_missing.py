"""Without `prometheus_client` the error names what to install."""

from __future__ import annotations

import importlib
import sys

import pytest

from purveyor.errors import MissingExtraError


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "purveyor.monitor.prometheus", raising=False)
    with pytest.raises(MissingExtraError) as raised:
        importlib.import_module("purveyor.monitor.prometheus")
    assert raised.value.requirement == "purveyor[metrics]"
    assert "pip install 'purveyor[metrics]'" in str(raised.value)
