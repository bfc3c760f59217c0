"""The settings as Python builds them; how a configuration is read is tested in tests/config."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import purveyor.policy
from purveyor.errors import InvalidInputError
from purveyor.policy import Breaker, Policy


def test_nothing_is_set_unless_it_is_said() -> None:
    policy = Policy()
    assert all(getattr(policy, name) is None for name in policy.__slots__)
    assert Breaker() == Breaker(5, 30.0)


@pytest.mark.parametrize("name", ["start_timeout", "stop_timeout", "drain_timeout", "timeout"])
@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, True, "30s"])
def test_durations_are_seconds_above_zero(name: str, value: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"{name}: expected seconds above zero, not {value!r}"):
        Policy(**{name: value})
    sound: dict[str, Any] = {name: 3}
    assert getattr(Policy(**sound), name) == 3


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: Policy(retries=-1), "retries: expected an integer of at least 0, not -1"),
        (lambda: Policy(retries=1.5), "retries: expected an integer of at least 0, not 1.5"),  # type: ignore[arg-type]
        (lambda: Policy(concurrency=0), "concurrency: expected an integer of at least 1, not 0"),
        (lambda: Policy(concurrency=True), "concurrency: expected an integer of at least 1, not True"),
        (lambda: Policy(reload="hot"), "reload: expected 'swap' or 'in_place'"),  # type: ignore[arg-type]
        (lambda: Breaker(failures=0), "failures: expected an integer of at least 1, not 0"),
        (lambda: Breaker(failures=None), "failures: expected an integer of at least 1, not None"),  # type: ignore[arg-type]
        (lambda: Breaker(reset=0), "reset: expected seconds above zero, not 0"),
    ],
)
def test_what_makes_no_sense_is_refused(build: Any, told: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        build()
    assert str(caught.value) == told


def test_pydantic_reads_them_as_tables_of_a_configuration() -> None:
    table = {"timeout": "500ms", "drain_timeout": "1.5h", "retries": 2, "breaker": {"failures": 3, "reset": "1 s"}}
    adapter = TypeAdapter(Policy)
    assert adapter.validate_python(table) == Policy(
        timeout=0.5, drain_timeout=5400, retries=2, breaker=Breaker(3, 1.0)
    )
    wrong = {"timeout": "soon", "stop_timeout": 0, "retries": -1, "concurrency": 0, "timout": 3}
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(wrong)
    assert {each["loc"][0]: each["msg"] for each in caught.value.errors()} == {
        "timeout": 'Value error, expected a duration: seconds, or a string like "500ms", "30s", "5m", "1h"',
        "stop_timeout": "Value error, expected a duration above zero",
        "retries": "Input should be greater than or equal to 0",
        "concurrency": "Input should be greater than or equal to 1",
        "timout": "Unexpected keyword argument",
    }
    properties = adapter.json_schema()["properties"]
    assert properties["concurrency"]["anyOf"][0] == {"minimum": 1, "type": "integer"}
    assert {"exclusiveMinimum": 0, "type": "number"} in properties["timeout"]["anyOf"]


def test_the_settings_need_neither_pydantic_nor_tenacity() -> None:
    code = "import sys, purveyor.policy, purveyor.policy.governor; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not [name for name in loaded if name.partition(".")[0] in ("pydantic", "pydantic_core", "tenacity")]
    light = subprocess.run(
        [sys.executable, "-c", "import sys, purveyor.policy; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "asyncio" not in light
    assert "purveyor.policy.governor" not in light


def test_the_package_knows_its_names() -> None:
    assert purveyor.policy.Governor.__name__ == "Governor"
    with pytest.raises(AttributeError, match="has no attribute 'Governess'"):
        _ = purveyor.policy.Governess
