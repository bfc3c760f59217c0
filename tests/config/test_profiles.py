"""Profiles that are laid over the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from purveyor.config import SystemConfig, load_config
from purveyor.errors import ConfigError

Load = Callable[..., SystemConfig]
Problems = Callable[..., list[str]]

TEXT = """\
[providers.files]
driver = "@Loose"
root = "base"
deep = { a = 1, b = { c = 2 } }
list = [1, 2]
labels = { team = "x" }
[providers.token]
driver = "@Store"
path = "x"
token = { env = "UNSET" }
[profiles.dev.server]
port = 1
[profiles.dev.providers.files]
root = "dev"
deep = { b = { d = 3 } }
list = [3]
labels.env = "dev"
[profiles.dev.providers.token]
token = { file = "purveyor.toml" }
[profiles.dev.providers.more]
driver = "@NoConfig"
[profiles.other.providers.files]
driver = "@Typed"
count = 1
[profiles.other.providers.token]
driver = "@Store"
token = "t"
[profiles.wrong.providers.files]
driver = "@Typed"
coutn = 1
[profiles.wrong.providers.token]
pth = 1
mode = "fast"
token = "t"
[profiles.empty]
"""


def test_tables_are_merged_key_by_key(load: Load) -> None:
    config = load(TEXT, "dev")
    assert config.profile == "dev"
    assert config.names == ("files", "token", "more")
    files = config.get("files")
    assert files.config == {"root": "dev", "deep": {"a": 1, "b": {"c": 2, "d": 3}}, "list": [3]}
    assert files.labels == {"team": "x", "env": "dev"}
    assert config.get("token").config.token.get_secret_value().startswith("[providers.files]")
    assert config.server.port == 1
    assert config.server.host == "127.0.0.1"


def test_another_driver_inherits_only_reserved_keys(load: Load) -> None:
    config = load(TEXT, "other")
    files = config.get("files")
    assert files.config == {"count": 1}
    assert files.labels == {"team": "x"}
    assert config.get("token").config.path.name == "x", "the same driver, named again, keeps its keys"


def test_positions_point_into_the_profile(load: Load, problems: Problems) -> None:
    assert problems(TEXT, "wrong") == [
        "purveyor.toml:30:1 providers.files.coutn: unknown key; did you mean 'count'?",
        "purveyor.toml:32:1 providers.token.pth: unknown key; did you mean 'path'?",
        "purveyor.toml:33:1 providers.token.mode: expected 'full' or 'normal'",
    ]
    config = load(TEXT, "other")
    assert config.origin("providers", "files", "count") == "purveyor.toml:24:1"
    assert config.origin("providers", "files", "labels", "team") == "purveyor.toml:6:12"


def test_the_environment_chooses(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PURVEYOR_PROFILE", "dev")
    assert load(TEXT).profile == "dev"
    assert load(TEXT, "other").profile == "other"
    monkeypatch.setenv("PURVEYOR_PROFILE", "")
    assert load('[providers.a]\ndriver = "@NoConfig"\n[profiles.x]').profile is None


def test_an_empty_profile_changes_nothing(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSET", "t")
    assert load(TEXT, "empty").providers == load(TEXT).providers


def test_an_unknown_profile(problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(TEXT, "dve") == [
        "purveyor.toml:11:2 profiles: there is no profile 'dve' (asked for); did you mean 'dev'?"
    ]
    assert problems(TEXT, "zzz") == [
        "purveyor.toml:11:2 profiles: there is no profile 'zzz' (asked for); declared are dev, other, wrong, empty"
    ]
    monkeypatch.setenv("PURVEYOR_PROFILE", "zzz")
    with pytest.raises(
        ConfigError, match=r"there is no profile 'zzz' \(named by PURVEYOR_PROFILE\); no profile is"
    ):
        load_config()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("profiles = 1", "purveyor.toml:1:1 profiles: expected a table of profiles: [profiles.NAME]"),
        ("[profiles]\ndev = 1", "purveyor.toml:2:1 profiles.dev: expected a table"),
        ("[profiles.dev]\nserver = 1", "purveyor.toml:2:1 profiles.dev.server: expected a table"),
        (
            "[profiles.dev.provider.x]",
            "purveyor.toml:1:2 profiles.dev.provider: unknown key; did you mean 'providers'?",
        ),
        (
            "[profiles.dev]\nqqq = 1",
            "purveyor.toml:2:1 profiles.dev.qqq: unknown key; a profile has the tables providers, server, supervision",
        ),
    ],
)
@pytest.mark.parametrize("profile", [None, "dev"])
def test_profiles_of_another_shape(problems: Problems, profile: str | None, text: str, expected: str) -> None:
    assert expected in problems(text, profile)


@pytest.mark.parametrize("key", ["providers", "server", "supervision"])
def test_what_is_no_table_is_not_replaced_by_one(problems: Problems, key: str) -> None:
    assert problems(f"{key} = 1\n[profiles.dev.{key}]", "dev") == [f"purveyor.toml:1:1 {key}: expected a table"]


def test_what_is_no_provider_is_replaced_by_one(load: Load) -> None:
    assert load('[providers]\na = 1\n[profiles.dev.providers.a]\ndriver = "@NoConfig"', "dev").names == ("a",)


@pytest.mark.parametrize("profile", [None, "dev"])
def test_what_is_laid_over_no_provider(load: Load, problems: Problems, profile: str | None) -> None:
    text = '[providers.notes]\ndriver = "@NoConfig"\n[profiles.dev.providers.{}]\n'
    place = "purveyor.toml:3:2 profiles.dev.providers"
    assert problems(text.format("note"), profile) == [
        f"{place}.note: there is no provider 'note' to lay this over; did you mean 'notes'? A new one needs a driver"
    ]
    assert problems(text.format("zzz"), profile) == [
        f"{place}.zzz: there is no provider 'zzz' to lay this over; a new one needs a driver"
    ]
    assert problems("[profiles.dev.providers]\na = 1", "dev") == [
        "purveyor.toml:2:1 providers.a: expected a table: [providers.NAME]"
    ]
