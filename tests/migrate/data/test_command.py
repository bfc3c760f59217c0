"""`purveyor migrate data`, by its own command, as the group will have it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from purveyor.cli.commands.migrate.data import command
from purveyor.cli.options import Settings
from purveyor.errors import MoveRefusedError, ProviderTypeError
from tests.migrate.data.conftest import PAST, entry, write_entries

CONFIG = """
[providers.notes]
driver = "memory.sqlite"
path = "notes.db"

[providers.old]
driver = "memory.sqlite"
path = "old.db"

[providers.other]
driver = "things_of_data:Other"

[providers.missing]
driver = "no_such_module:Memory"
required = false

[providers.leaning]
driver = "things_of_data:Leaning"
needs = { files = "notes" }
"""

THINGS = """
from typing import Annotated
from purveyor import MemoryProvider, Needs
from purveyor.capability import CapabilityProvider
from purveyor.memory import InProcessMemory

class Other(CapabilityProvider[None]):
    async def initialize(self): ...
    async def cleanup(self): ...

class Leaning(InProcessMemory):
    files: Annotated[MemoryProvider, Needs("files")]
"""


class Ran:
    def __init__(self, *arguments: str, fails: bool = False, config: str = "purveyor.toml") -> None:
        settings = Settings(config=config)
        ran = CliRunner().invoke(command, arguments, obj=settings, catch_exceptions=True)
        self.error = ran.exception
        assert (self.error is not None) is fails, ran.exception
        self.out, self.err = ran.stdout, ran.stderr

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "purveyor.toml").write_text(CONFIG)
    (tmp_path / "things_of_data.py").write_text(THINGS)
    monkeypatch.syspath_prepend(str(tmp_path))
    write_entries(
        tmp_path / "entries.json",
        {"a": entry(1, created_at="2024-03-01T10:00:00"), "old": entry(2, expires_at=PAST), "odd": 5},
    )
    return tmp_path


def test_there_and_back(folder: Path) -> None:
    before = (folder / "entries.json").read_bytes()
    assert isinstance(Ran("entries.json", "notes", fails=True).error, MoveRefusedError)
    dry = Ran("entries.json", "notes", "--set-aside", "--dry-run", "--json").data
    assert (dry["moved"], dry["dry_run"], dry["journal"], dry["aside"]) == (1, True, None, None)
    told = Ran("entries.json", "notes", "--set-aside", "--dry-run")
    assert "1 would be put aside\n" in told.out
    assert "put aside in" not in told.err
    assert not (folder / "notes.db.aside.json").exists()
    assert not (folder / "notes.db").exists()
    ran = Ran("entries.json", "notes", "--set-aside", "-n", "x")
    assert ran.out == (
        "1 entry moved from entries.json to notes\n1 had expired: the journal keeps them for the way back\n1 put aside\n"
    )
    assert "warning: entries.json:16, key 'odd': is no entry" in ran.err
    assert "put aside in: " in ran.err
    again = Ran("entries.json", "notes", "--set-aside", "-n", "x", "--json").data
    assert (again["already"], again["set_aside"][0]["key"], again["expired"]) == (1, "odd", ["old"])
    (folder / "entries.json").unlink()
    back = Ran("entries.json", "notes", "-n", "x", "--back", "--dry-run")
    assert back.out == "entries.json would be as it was, to the byte\n"
    assert Ran("entries.json", "notes", "-n", "x", "--back").out == "entries.json is as it was, to the byte\n"
    assert (folder / "entries.json").read_bytes() == before


def test_from_one_provider_to_another_and_back(folder: Path) -> None:
    Ran("entries.json", "old", "--set-aside")
    moved = Ran("old", "notes", "--json").data
    assert (moved["format"], moved["moved"]) == ("memory", 1)
    write_entries(folder / "entries.json", {"new": entry(1)})
    Ran("entries.json", "notes", "--timezone", "UTC", "--format", "entries")
    back = Ran("old", "notes", "--back")
    assert back.out == "1 entry as they were, 0 changed, 1 new, 0 deleted\n"
    assert Ran("old", "notes", "--back", "--overwrite", "--json").data["added"] == ["new"]


def test_a_provider_that_needs_others_is_started_with_them(folder: Path) -> None:
    moved = Ran("entries.json", "leaning", "--set-aside", "--journal", "j", "--json").data
    assert (moved["target"], moved["journal"]) == ("leaning", "j")


def test_a_shell_completes_the_target_and_loads_nothing_that_moves(folder: Path) -> None:
    target = next(parameter for parameter in command.params if parameter.name == "target")
    with click.Context(command, obj=Settings(config="purveyor.toml")) as context:
        completed = target.shell_complete(context, "o")
    assert [item.value for item in completed] == ["old", "other"]
    program = "import sys, purveyor.cli.commands.migrate.data; print('purveyor.migrate.data' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"


def test_changes_that_would_come_back_are_counted(folder: Path) -> None:
    Ran("entries.json", "notes", "--set-aside")
    Ran("notes", "old")
    write_entries(folder / "new.json", {"new": entry(1)})
    Ran("new.json", "old")
    assert (
        Ran("notes", "old", "--back", "--dry-run").out
        == "1 entry would be as they were, 0 changed, 1 new, 0 deleted\n"
    )


def test_what_is_no_memory_and_no_storage_is_told(folder: Path) -> None:
    assert isinstance(Ran("entries.json", "other", fails=True).error, ProviderTypeError)
    assert Ran("entries.json", "missing", fails=True).error is not None
    assert command.name == "data"
    assert isinstance(command, click.Command)
