"""What is told where the extra is not installed."""

from __future__ import annotations

import importlib
import sys

import pytest

from purveyor.errors import MissingExtraError


@pytest.mark.parametrize(
    ("module", "missing"),
    [("purveyor.admin.app", "starlette.applications"), ("purveyor.admin.server", "uvicorn")],
)
def test_the_install_that_brings_it_is_named(module: str, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.import_module(module)
    monkeypatch.delitem(sys.modules, module)  # it is put back when the test ends
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError) as caught:
        importlib.import_module(module)
    assert caught.value.module == missing
    assert caught.value.requirement == "purveyor[http]"
    assert "pip install" in str(caught.value)
