"""``purveyor graph``, and what ``purveyor check`` says of needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import PURVEYOR, Run

CLASSES = """
from typing import Annotated, Any

from purveyor import CapabilityProvider, MemoryProvider
from purveyor.needs import Needs


class Base(CapabilityProvider[dict[str, Any]]):
    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...


class Index(Base):
    provider_capabilities = ("index",)
    notes: Annotated[MemoryProvider[Any], Needs("memory")]


class Summariser(Base):
    notes: Annotated[MemoryProvider[Any] | None, Needs("memory")]
    index: Annotated[Any, Needs(capability="index")]
"""

CONFIG = """
[providers.notes]
driver = "memory.inprocess"

[providers.index]
driver = "needy:Index"
needs = { memory = "notes" }

[providers.summariser]
driver = "needy:Summariser"
needs = { memory = "notes" }
required = false
"""


@pytest.fixture(autouse=True)
def _configuration(folder: Path) -> None:
    (folder / "needy.py").write_text(CLASSES)
    (folder / "purveyor.toml").write_text(CONFIG)


def test_a_tree(run: Run) -> None:
    result = run("graph")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "summariser  capability, Summariser, optional",
        "├─ memory?: notes  memory, InProcessMemory",
        "└─ index: index  capability, Index",
        "   └─ memory: notes  (above)",
    ]


def test_a_tree_on_a_terminal_is_styled(terminal: Run) -> None:
    line = terminal("graph").out.splitlines()[1]
    assert line == "\x1b[2m├─ memory?: \x1b[0m\x1b[1mnotes\x1b[0m  \x1b[2mmemory, InProcessMemory\x1b[0m"
    assert terminal("graph", NO_COLOR="1").out.splitlines()[1] == "├─ memory?: notes  memory, InProcessMemory"


def test_a_tree_where_only_ascii_can_be_written() -> None:
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}
    result = subprocess.run([*PURVEYOR, "graph"], capture_output=True, text=True, check=True, env=environment)
    assert result.stdout.splitlines()[1:] == [
        "|- memory?: notes  memory, InProcessMemory",
        "`- index: index  capability, Index",
        "   `- memory: notes  (above)",
    ]


def test_text_for_mermaid_and_graphviz(run: Run) -> None:
    mermaid = run("graph", "--format", "mermaid").out
    assert mermaid.startswith("flowchart LR\n    n0[")
    assert '    n2 -.->|"memory"| n0\n    n2 -->|"index"| n1\n' in mermaid
    dot = run("graph", "--format", "dot").out
    assert dot.startswith("digraph providers {\n")
    assert dot.endswith('    n2 -> n0 [label="memory" style=dashed];\n    n2 -> n1 [label="index"];\n}\n')


def test_json(run: Run) -> None:
    data = run("graph", "--json").data
    assert [provider["name"] for provider in data["providers"]] == ["notes", "index", "summariser"]
    assert data["needs"] == [
        {"source": "index", "role": "memory", "attribute": "notes", "target": "notes", "optional": False},
        {"source": "summariser", "role": "memory", "attribute": "notes", "target": "notes", "optional": True},
        {"source": "summariser", "role": "index", "attribute": "index", "target": "index", "optional": False},
    ]
    assert data["start_order"] == ["notes", "index", "summariser"]


def test_what_is_left_out_is_told(run: Run, folder: Path) -> None:
    gone = '[providers.notes]\ndriver = "gone:X"\nrequired = false'
    (folder / "purveyor.toml").write_text(
        gone + CONFIG.replace('[providers.notes]\ndriver = "memory.inprocess"', "")
    )
    assert run("graph").code == 2
    text = (folder / "purveyor.toml").read_text().replace('"index"\n', '"index"\nrequired = false\n')
    (folder / "purveyor.toml").write_text(
        text.replace('Index"\n', 'Index"\nrequired = false\n').split("[providers.summariser]")[0]
    )
    result = run("graph")
    assert (result.code, result.out) == (0, "")
    assert [line.partition(":")[0] for line in result.err.splitlines()] == ["warning", "warning"]
    assert "index is left out: provider index was not started: notes, which it needs, is not there" in result.err


def test_of_the_embedded_configuration(run: Run, folder: Path) -> None:
    (folder / "purveyor.toml").unlink()
    assert [line.split()[0] for line in run("graph").out.splitlines()] == ["notes", "files"]


def test_check_tells_all_that_is_wrong_with_needs(run: Run, folder: Path) -> None:
    (folder / "purveyor.toml").write_text(
        CONFIG + '[providers.second]\ndriver = "needy:Index"\nneeds = { memory = "nots" }\n'
        '[providers.third]\ndriver = "needy:Index"\ncapabilities = []\nneeds = { memory = "index" }\n'
    )
    result = run("check")
    assert result.code == 2
    head, *problems = result.err.splitlines()
    assert head == "error: the configuration has 3 problems"
    assert problems == [
        (
            "purveyor.toml:9:2 providers.summariser: the need 'index' takes what answers for 'index', and several do: "
            "'index', 'second'; needs = { index = \"index\" } or needs = { index = \"second\" }"
        ),
        "purveyor.toml:15:11 providers.second.needs.memory: there is no provider 'nots'; did you mean 'notes'?",
        (
            "purveyor.toml:19:11 providers.third.needs.memory: 'index' is of class Index, not MemoryProvider; "
            'needs = { memory = "notes" }'
        ),
    ]
    assert run("graph").code == 2
