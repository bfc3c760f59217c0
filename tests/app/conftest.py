"""Fixtures for systems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.things import calls, gates


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    gates.clear()
    monkeypatch.chdir(tmp_path)
    for name in ("PURVEYOR_PROFILE", "PURVEYOR_DATA"):
        monkeypatch.delenv(name, raising=False)


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write purveyor.toml: `a="value = 1"` declares the provider a with that config."""

    def write_file(**providers: str) -> Path:
        text = ""
        for name, lines in providers.items():
            driver = "" if "driver" in lines else 'driver = "tests.app.things:Thing"'
            text += f"[providers.{name}]\n{driver}\n{lines}\n"
        file = tmp_path / "purveyor.toml"
        file.write_text(text.replace("; ", "\n"))
        return file

    return write_file
