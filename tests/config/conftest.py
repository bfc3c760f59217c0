"""Fixtures for configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from purveyor.config import SystemConfig, load_config
from purveyor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DRIVERS = "tests.config.drivers"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No profile or configuration of the developer's own, and a working directory of the test's own."""
    for name in ("PURVEYOR_PROFILE", "PURVEYOR_CONFIG", "PURVEYOR_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., SystemConfig]:
    """Write a text to purveyor.toml, with `@Name` for a driver class of the tests, and load it."""

    def load_text(text: str, profile: str | None = None) -> SystemConfig:
        file = tmp_path / "purveyor.toml"
        file.write_text(text.replace('"@', f'"{DRIVERS}:'), encoding="utf-8")
        return load_config("purveyor.toml", profile=profile)

    return load_text


@pytest.fixture
def problems(load: Callable[..., SystemConfig]) -> Callable[..., list[str]]:
    """The problems that loading a text reports, as text."""

    def problems_of(text: str, profile: str | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(text, profile)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None, "pydantic's own error quotes values"
        return [str(problem) for problem in caught.value.problems]

    return problems_of
