"""The tables that the documentation makes from the code."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from purveyor import events
from purveyor.migrate.scan.faults import CODES


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


def test_every_fault_has_its_line(tables: ModuleType) -> None:
    lines = list(tables.fault_lines())
    assert len(lines) == 2 + len(CODES)
    assert any(line.startswith("| `lock-reentry` | ") for line in lines)


def test_every_event_has_its_fields(tables: ModuleType) -> None:
    lines = list(tables.event_lines())
    kinds = {name: getattr(events, name) for name in events.__all__ if name not in ("Event", "BreakerState")}
    assert {line for line in lines if line.startswith("#")} == {f"## `{name}`" for name in kinds}
    for name, kind in kinds.items():
        begin = lines.index(f"## `{name}`")
        end = lines.index("", lines.index("|---|---|---|", begin))
        rows = [line.split(" | ") for line in lines[begin:end] if line.startswith("| `")]
        assert [row[0] for row in rows] == [f"| `{each.name}`" for each in dataclasses.fields(kind)[2:]]
    assert "A reload failed." in lines
    assert "| `kept` | `bool` | Whether the old generation serves on. |" in lines


def test_a_field_s_type_and_long_meaning_stay_in_their_cells(tables: ModuleType) -> None:
    lines = list(tables.event_lines())
    assert (
        "| `old` | `ProviderStatus \\| None` | The status it left; None for a late subscriber, who is told the present one. |"
        in lines
    )
    assert '| `strategy` | `Literal["swap", "in_place"]` | How: `"swap"` or `"in_place"`. |' in lines


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
