"""The tables that the documentation makes from the code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    path = Path(__file__).parent.parent / "docs" / "_ext" / "tables.py"
    spec = importlib.util.spec_from_file_location("tables", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_transition_table(tables: ModuleType) -> None:
    lines = list(tables.transition_lines())
    assert "| `STOPPED` | nothing: it is over |" in lines
    assert "| `STOPPING` | `FAILED`, `STOPPED` |" in lines


def test_the_buckets(tables: ModuleType) -> None:
    assert list(tables.bucket_lines()) == [
        "0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 90 seconds"
    ]


def test_every_error_has_its_line(tables: ModuleType) -> None:
    lines = list(tables.error_lines())
    assert (
        "| `ProviderExistsError` | `ValueError` | A provider of this name is registered, or is being registered or removed at this moment. |"
        in lines
    )
    assert len(lines) > 30


def test_every_command_has_its_help(tables: ModuleType) -> None:
    text = "\n".join(tables.command_lines())
    for command in (
        "up",
        "init",
        "check",
        "doctor",
        "list",
        "show",
        "drivers",
        "schema",
        "memory put",
        "storage get",
    ):
        assert f"## `purveyor {command}`" in text
        assert f"Usage: purveyor {command}" in text
    assert text.count("Global options:") == 1
