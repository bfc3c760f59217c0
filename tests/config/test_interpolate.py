"""References to environment variables in strings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.config import SystemConfig
from purveyor.config.interpolate import interpolate

Load = Callable[..., SystemConfig]
Problems = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SET", "value")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("TRICKY", "${SET}\\1")
    monkeypatch.delenv("UNSET", raising=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${SET}", "value"),
        ("a-${SET}-${SET}-b", "a-value-value-b"),
        ("${EMPTY}", ""),
        ("${EMPTY:-other}", "other"),
        ("${UNSET:-other}", "other"),
        ("${UNSET:-}", ""),
        ("${SET:-other}", "value"),
        ("${UNSET:-a:-b\nc}", "a:-b\nc"),
        ("${TRICKY}", "${SET}\\1"),
        ("$${SET}", "${SET}"),
        ("$$${SET}", "$${SET}"),
        ("$SET $$ $ }{", "$SET $$ $ }{"),
        ("", ""),
    ],
)
def test_a_string_becomes(load: Load, text: str, expected: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    config = (
        load(f'[providers.a]\ndriver = "@Loose"\nx = "{escaped}"\ndeep = [{{ y = ["{escaped}"] }}]')
        .get("a")
        .config
    )
    assert config == {"x": expected, "deep": [{"y": [expected]}]}


@pytest.mark.parametrize(
    "text", ["${", "${SET", "${}", "${1A}", "${A-b}", "${SET:b}", "${UNSET:-${SET}}", "${ SET }"]
)
def test_what_is_no_reference_is_a_problem(problems: Problems, text: str) -> None:
    (problem,) = problems(f'[providers.a]\ndriver = "@Loose"\nx = "{text}"')
    assert problem == (
        "purveyor.toml:3:1 providers.a.x: ${ begins a reference that is not ${NAME} or ${NAME:-default}; "
        "write $${ for a plain ${"
    )


def test_what_is_not_set_is_a_problem_where_it_stands(problems: Problems) -> None:
    assert problems('[providers.a]\ndriver = "@Loose"\nx = [\n  1,\n  "${UNSET}",\n]') == [
        (
            "purveyor.toml:5:3 providers.a.x[1]: the environment variable UNSET is not set; "
            "set it, or give a default: ${UNSET:-...}"
        )
    ]


@pytest.mark.parametrize("text", ["${NOPE/n.db", "${UNSET}"])
@pytest.mark.parametrize(
    "line", ["path = {}", "size = {}", "mode = {}", "driver = {}", "needs.x = {}", "retry.log = {}"]
)
def test_what_cannot_be_replaced_is_one_problem(problems: Problems, line: str, text: str) -> None:
    lines = ["[providers.a]", 'driver = "@Store"', 'path = "x"']
    key = line.partition(" ")[0]
    kept = [each for each in lines if not each.startswith(f"{key} ")]
    (problem,) = problems("\n".join([*kept, line.format(f'"{text}"')]))
    assert f" providers.a.{key}: " in problem


def test_several_references_in_a_string_are_told_each(problems: Problems) -> None:
    assert len(problems('[providers.a]\ndriver = "@Loose"\nx = "${UNSET}${UNSET_TOO}"')) == 2


def test_reserved_keys_and_numbers_are_taken_from_the_environment_too(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "80")
    monkeypatch.setenv("REQUIRED", "false")
    config = load(
        '[server]\nport = "${PORT}"\n[providers.a]\ndriver = "@Store"\npath = "${SET}"\nsize = "${PORT}"\n'
        'required = "${REQUIRED}"\ndescription = "${SET}"'
    )
    spec = config.get("a")
    assert (config.server.port, spec.config.size, spec.required, spec.description) == (80, 80, False, "value")


def test_only_what_is_used_has_to_be_set(load: Load) -> None:
    text = """
        [providers.a]
        driver = "@Loose"
        x = "${UNSET}"
        [profiles.p.providers.a]
        x = "y"
        [profiles.q.providers.b]
        driver = "@Loose"
        z = "${UNSET}"
        """
    assert load(text, "p").get("a").config == {"x": "y"}


@settings(deadline=None)
@given(st.recursive(st.text(alphabet="ab${}:-_ \\"), lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_escaping_every_dollar_brace_gives_the_text_back(value: Any) -> None:
    def escape(item: Any) -> Any:
        return [escape(each) for each in item] if isinstance(item, list) else item.replace("${", "$${")

    reported: list[Any] = []
    tree, replaced = interpolate({"x": escape(value)}, lambda *problem: reported.append(problem))
    assert tree == {"x": value}
    assert not reported
    assert bool(replaced) == ("${" in str(value))
