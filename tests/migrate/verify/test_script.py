"""Scripts of calls are checked before anything is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import CallScriptError
from purveyor.migrate.verify.script import read_script


def test_all_parts_are_filled_in(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(
        json.dumps(
            [
                {"class": "a:B"},
                {
                    "class": "a:C",
                    "build": {"args": [{"$path": "x/y"}]},
                    "calls": [{"method": "get", "kwargs": {"k": 1}}],
                },
                {"class": "a:B", "calls": [{"method": "put", "args": [{"$call": "m:f", "args": [[1]]}]}]},
            ]
        )
    )
    assert read_script(script) == {
        "a:B": [
            {"build": {"args": [], "kwargs": {}}, "calls": []},
            {
                "build": {"args": [], "kwargs": {}},
                "calls": [{"method": "put", "args": [{"$call": "m:f", "args": [[1]]}], "kwargs": {}}],
            },
        ],
        "a:C": [
            {
                "build": {"args": [{"$path": "x/y"}], "kwargs": {}},
                "calls": [{"method": "get", "args": [], "kwargs": {"k": 1}}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("script", "place", "problem"),
    [
        ({}, "the script", "is no list"),
        ([1], "[0]", "is no object"),
        ([{"class": "a"}], "[0].class", "names no class"),
        ([{"build": {}}], "[0].class", "names no class"),
        ([{"class": "a:B", "bild": {}}], "[0]", "does not know 'bild'"),
        ([{"class": "a:B", "build": []}], "[0].build", "is no object"),
        ([{"class": "a:B", "calls": {}}], "[0].calls", "is no list"),
        ([{"class": "a:B", "calls": ["get"]}], "[0].calls[0]", "is no object"),
        ([{"class": "a:B", "calls": [{"args": []}]}], "[0].calls[0].method", "names no method"),
        ([{"class": "a:B", "calls": [{"method": "a.b"}]}], "[0].calls[0].method", "names no method"),
        ([{"class": "a:B", "calls": [{"method": "a", "args": {}}]}], "[0].calls[0].args", "is no list"),
        ([{"class": "a:B", "calls": [{"method": "a", "kwargs": []}]}], "[0].calls[0].kwargs", "is no object"),
        (
            [{"class": "a:B", "build": {"args": [{"$path": "../x"}]}}],
            "[0].build",
            "'../x' leads out of its folder",
        ),
        ([{"class": "a:B", "build": {"args": [{"$path": "/x"}]}}], "[0].build", "'/x' leads out of its folder"),
        ([{"class": "a:B", "build": {"args": [{"$path": 1}]}}], "[0].build", "the path 1 leads"),
        ([{"class": "a:B", "build": {"kwargs": {"k": [{"$call": "x"}]}}}], "[0].build", "'x' names nothing"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, script: Any, place: str, problem: str) -> None:
    file = tmp_path / "script.json"
    file.write_text(json.dumps(script))
    with pytest.raises(CallScriptError) as caught:
        read_script(file)
    assert caught.value.place == place
    assert problem in caught.value.problem
    assert str(caught.value).startswith(f"{file} {place}: ")
    assert "a script is a list" in str(caught.value)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CallScriptError, match="No such file"):
        read_script(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("[")
    with pytest.raises(CallScriptError, match=r"bad\.json: it is no JSON"):
        read_script(tmp_path / "bad.json")
