"""Secrets: where they come from, where they may go, and that no text ever shows them."""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretBytes, SecretStr

from purveyor.app import System
from purveyor.config import SystemConfig, load_config
from purveyor.config.secrets import redact
from purveyor.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

Load = Callable[..., SystemConfig]
Problems = Callable[..., list[str]]

MARKER = "xyzzy-plugh-1987"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOKEN", MARKER)
    monkeypatch.delenv("UNSET", raising=False)
    (tmp_path / "token").write_text(MARKER + "\r\n")


def store(*lines: str) -> str:
    return "\n".join(['[providers.a]\ndriver = "@Store"\npath = ":memory:"', *lines])


try:
    os.open("a\0", os.O_RDONLY)
except ValueError as _error:
    NUL = str(_error)  #: What Python says of a path with NUL, in other words since 3.13.


class TestWhereTheyGo:
    @pytest.mark.parametrize(
        "reference", ['{ env = "TOKEN" }', '{ file = "token" }', '{ env = "${NAME:-TOKEN}" }']
    )
    def test_a_reference_is_resolved(self, load: Load, reference: str) -> None:
        config = load(
            store(
                f"token = {reference}",
                f"blob = {reference}",
                f"tokens = [{reference}]",
                f"by_name = {{ x = {reference} }}",
            )
        )
        own = config.get("a").config
        assert own.token == own.tokens[0] == own.by_name["x"] == SecretStr(MARKER)
        assert own.blob == SecretBytes(MARKER.encode())
        assert config.warnings == ()

    def test_an_absolute_file_is_read_too(self, load: Load, tmp_path: Path) -> None:
        assert load(store(f'token = {{ file = "{tmp_path}/token" }}')).get("a").config.token == SecretStr(MARKER)

    def test_only_one_newline_at_the_end_is_taken_away(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(" a\n\n")
        assert load(store('token = { file = "token" }')).get("a").config.token == SecretStr(" a\n")

    def test_a_driver_without_a_config_type_gets_it_wrapped(self, load: Load) -> None:
        config = load('[providers.a]\ndriver = "@Loose"\nx = [{ env = "TOKEN" }]').get("a").config
        assert config == {"x": [SecretStr(MARKER)]}
        assert MARKER not in repr(config)

    def test_a_table_that_only_looks_like_one_stays_a_table(self, load: Load) -> None:
        assert load(store('log = { file = "nowhere" }')).get("a").config.log.file == "nowhere"

    def test_a_mapping_may_hold_it_ready_made(self) -> None:
        source = {"providers": {"a": {"driver": "tests.config.drivers:Model", "api_key": SecretStr(MARKER)}}}
        config = load_config(source)
        assert config.get("a").config.api_key == SecretStr(MARKER)
        assert config.warnings == ()

    def test_plain_text_is_allowed_but_warned_about(self, load: Load) -> None:
        config = load(store(f'token = "{MARKER}"', f'tokens = ["{MARKER}"]'))
        assert config.get("a").config.token == SecretStr(MARKER)
        assert [str(warning) for warning in config.warnings] == [
            (
                "purveyor.toml:4:1 providers.a.token: a secret stands here in plain text; "
                'refer to it: { env = "NAME" } or { file = "path" }'
            ),
            (
                "purveyor.toml:5:11 providers.a.tokens[0]: a secret stands here in plain text; "
                'refer to it: { env = "NAME" } or { file = "path" }'
            ),
        ]

    def test_a_secret_interpolated_from_the_environment_is_not_in_the_file(self, load: Load) -> None:
        config = load(store('token = "${TOKEN}"'))
        assert config.get("a").config.token == SecretStr(MARKER)
        assert config.warnings == ()


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (
                'token = { env = "UNSET" }',
                "token: the secret's environment variable UNSET is not set; export it first",
            ),
            (
                'token = { file = "gone" }',
                (
                    "token: the secret's file 'gone' cannot be read: No such file or directory; "
                    "create it, readable by this process"
                ),
            ),
            (
                'token = { file = "." }',
                (
                    "token: the secret's file '.' cannot be read: Is a directory; "
                    "create it, readable by this process"
                ),
            ),
            (
                'token = { file = "a\\u0000" }',
                (f"token: the secret's file 'a\\x00' cannot be read: {NUL}; create it, readable by this process"),
            ),
            (
                'token = { file = "binary" }',
                ("token: the secret's file 'binary' is not UTF-8; create it, readable by this process"),
            ),
            (
                'plain = { env = "TOKEN" }',
                (
                    "plain: a secret cannot be given here: the driver would show it, since this key is not typed "
                    "SecretStr; a value that is no secret can be given as ${NAME}"
                ),
            ),
            (
                'description = { env = "TOKEN" }',
                (
                    "description: a secret cannot be given here: the driver would show it, since this key is not typed "
                    "SecretStr; a value that is no secret can be given as ${NAME}"
                ),
            ),
            (
                'token = { enc = "TOKEN" }',
                "token: unknown key 'enc'; did you mean 'env'?",
            ),
            (
                'token = { env = "TOKEN", variable = "TOKEN" }',
                'token: unknown key \'variable\'; refer to it: { env = "NAME" } or { file = "path" }',
            ),
            (
                "token = 3",
                'token: expected a string, not an integer; refer to it: { env = "NAME" } or { file = "path" }',
            ),
            (
                "token.env = 3",
                'token: expected a string, not a table; refer to it: { env = "NAME" } or { file = "path" }',
            ),
        ],
    )
    def test_at_a_key(self, problems: Problems, tmp_path: Path, line: str, expected: str) -> None:
        (tmp_path / "binary").write_bytes(b"\xff")
        (problem,) = problems(store(line))
        assert problem.partition(" providers.a.")[2] == expected

    def test_a_pipe_is_not_waited_for(self, problems: Problems, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        (problem,) = problems(store('token = { file = "pipe" }'))
        assert "the secret's file 'pipe' cannot be read: it is no regular file" in problem

    def test_a_link_to_a_file_is_followed(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("token")
        assert load(store('token = { file = "link" }')).get("a").config.token == SecretStr(MARKER)

    def test_an_unreadable_one_does_not_hide_other_problems(self, problems: Problems) -> None:
        assert len(problems(store('token = { env = "UNSET" }', 'mode = "x"', 'tokens = [{ env = "UNSET" }]'))) == 3


@pytest.mark.parametrize(
    "lines",
    [
        (f'token = "{MARKER}"', "size = 'x'"),
        ('token = { env = "TOKEN" }', "size = 'x'"),
        ('plain = { env = "TOKEN" }',),
        ('plains = [{ file = "token" }]',),
        ('description = { env = "TOKEN" }',),
        ('labels = { a = { env = "TOKEN" } }',),
        (
            'size = "${TOKEN}"',
            'mode = "${TOKEN}"',
            'timeout = "${TOKEN}"',
            'flag = "${TOKEN}"',
            'type = "${TOKEN}"',
        ),
        ('policy = { timeout = "${TOKEN}", reload = "${TOKEN}" }',),
        ('retry = "${TOKEN}"', 'either = "${TOKEN}"', 'log = "${TOKEN}"'),
        ('blob = [ "${TOKEN}" ]', 'by_name = "${TOKEN}"'),
        ('path = { env = "TOKEN" }', 'cache = { file = "token" }'),
    ],
)
def test_no_problem_shows_a_value(load: Load, lines: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
    text = store(*lines)
    if any(line.startswith("path") for line in lines):
        text = text.replace('path = ":memory:"\n', "")
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError) as caught:
        load(text)
    error = caught.value
    shown = [
        str(error),
        repr(error),
        *map(repr, error.problems),
        "".join(traceback.format_exception(error)),
        caplog.text,
    ]
    assert all(MARKER not in each for each in shown)


@pytest.mark.parametrize("token", ['{ env = "LEAKY" }', '"leaky"', '"${LEAKY}"'])
def test_a_driver_that_quotes_a_secret_in_its_refusal_is_redacted(
    problems: Problems, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("LEAKY", "leaky")
    (problem,) = problems(store(f"token = {token}"))
    assert problem == "purveyor.toml:1:2 providers.a: refused **********"


def test_a_constraint_on_a_secret_is_told_without_it(problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORT", "abc")
    (problem,) = problems('[providers.a]\ndriver = "@Model"\napi_key = { env = "SHORT" }')
    assert "api_key: " in problem
    assert "at least 5" in problem
    assert "abc" not in problem


async def test_a_running_system_shows_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trap 34."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "purveyor.toml").write_text(
        store('token = { env = "TOKEN" }', 'blob = { file = "token" }', 'plain = "${TOKEN}"').replace(
            '"@', '"tests.config.drivers:'
        )
    )
    async with System("purveyor.toml") as system:
        assert system.manager.get("a").config.token.get_secret_value() == MARKER
        shown = [
            repr(system.config),
            str(system.config),
            repr(system.config.providers),
            repr(system),
            repr(system.manager),
        ]
        shown += [repr(system.manager.get("a")), str(system.config.warnings), repr(await system.reload())]
    shown += [caplog.text, *capsys.readouterr()]
    assert all(MARKER not in each for each in shown)
    assert os.environ["TOKEN"] == MARKER


@pytest.mark.parametrize("write", [str, repr, json.dumps, partial(json.dumps, ensure_ascii=False)])
def test_an_escaped_secret_is_redacted_as_well(write: Callable[[str], str]) -> None:
    secret = "hün'ter\"2\n\x1b"
    shown = redact(f"refused {write(secret)} and", {secret, "", "hün"})
    assert shown.strip("\"'") in ("refused ********** and", "refused '**********' and", 'refused "**********" and')


def test_a_configuration_knows_its_secrets_and_does_not_show_them(load: Load, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("other-secret")
    config = load(store('token = { env = "TOKEN" }', 'tokens = ["plain-secret", { file = "other" }]'))
    assert config.secrets == {MARKER, "plain-secret", "other-secret"}
    assert "secret" not in repr(config).replace("a secret stands here", "")


async def test_a_system_knows_old_and_new_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = store('token = { env = "TOKEN" }').replace('"@', '"tests.config.drivers:')
    (tmp_path / "purveyor.toml").write_text(text)
    async with System(tmp_path / "purveyor.toml") as system:
        monkeypatch.setenv("TOKEN", "another-one")
        await system.reload()
        assert system.secrets == {MARKER, "another-one"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the key hunter2-hu...", "the key **********..."),
        ("a hunt..., b hunter2..., c hun...", "a **********..., b **********..., c hun..."),
        ('its check failed with E: "sec\\nond\\nwo... and more', 'its check failed with E: "********** and more'),
        ("hunt....", "**********...."),
        ("nothing...", "nothing..."),
        ("...", "..."),
        ("hunter2-hunter2...", "**********..."),
        ("hunter2 without a cut", "hunter2 without a cut"),
    ],
)
def test_a_secret_that_was_cut_off_is_redacted_as_well(text: str, expected: str) -> None:
    shown = redact(text, {"hunter2-hunter2", "sec\nond\nword", "x"})
    assert shown == expected.replace("********** and", "**********... and")
