"""Relative paths start at the folder of the configuration file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.config import SystemConfig, load_config

Load = Callable[..., SystemConfig]

TEXT = """
[providers.a]
driver = "tests.config.drivers:Store"
path = "data/a.db"
extras = ["x", "/y", "${PURVEYOR_DATA:-z}"]
retry = { log = "retry.log" }
word = "plain"
plain = "plain"
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration file in another folder than the working directory."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "purveyor.toml").write_text(TEXT)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


def test_every_field_that_holds_paths_is_resolved(elsewhere: Path) -> None:
    config = load_config("../app/purveyor.toml").get("a").config
    folder = Path.cwd() / "../app"
    assert config.path == folder / "data/a.db"
    assert config.extras == [folder / "x", Path("/y"), folder / "z"]
    assert config.retry.log == folder / "retry.log"
    assert config.cache == folder / "cache", "a default is relative to the file as well"
    assert config.word == "plain", "what may be any string is no path"
    assert config.plain == "plain"


def test_a_word_beside_a_path_stays_a_word(load: Load) -> None:
    assert load('[providers.a]\ndriver = "@Store"\npath = ":memory:"').get("a").config.path == ":memory:"


def test_a_mapping_starts_at_the_working_directory(tmp_path: Path) -> None:
    driver = "tests.config.drivers:Store"
    source = {
        "providers": {
            "text": {"driver": driver, "path": "a"},
            "path": {"driver": driver, "path": Path("a"), "cache": Path("/c")},
        }
    }
    config = load_config(source)
    assert config.get("text").config.path == config.get("path").config.path == tmp_path / "a"
    assert config.get("path").config.cache == Path("/c")


def test_a_typed_dict_too(load: Load, tmp_path: Path) -> None:
    assert load('[providers.a]\ndriver = "@Typed"\nwhere = "w"\ncount = 1').get("a").config == {
        "where": tmp_path / "w",
        "count": 1,
    }


def test_a_default_without_a_file_s_shape_does_not_matter(load: Load, tmp_path: Path) -> None:
    config = load('[providers.a]\ndriver = "@Odd"').get("a").config
    assert config.hook is int
    assert config.where == tmp_path / "w"


def test_a_secret_file_is_beside_the_configuration(elsewhere: Path) -> None:
    (elsewhere / "token").write_text("t")
    (elsewhere / "purveyor.toml").write_text(TEXT + 'token = { file = "token" }')
    assert load_config(elsewhere / "purveyor.toml").get("a").config.token.get_secret_value() == "t"


def test_a_class_is_found_beside_the_configuration(elsewhere: Path) -> None:
    (elsewhere / "beside_the_file.py").write_text(
        "from purveyor import Provider\n"
        "class Mine(Provider[dict]):\n"
        "    async def initialize(self): pass\n"
        "    async def cleanup(self): pass\n"
    )
    (elsewhere / "purveyor.toml").write_text('[providers.a]\ndriver = "beside_the_file:Mine"')
    assert load_config(elsewhere / "purveyor.toml").get("a").provider_class.__name__ == "Mine"
