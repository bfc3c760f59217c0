"""The example in `examples/migrate`: the application says the same before, after, and after the way back."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.documents import ConsoleEvaluator

EXAMPLE = Path(__file__).parents[2] / "examples" / "migrate" / "legacy"


def run(*command: str, folder: Path) -> str:
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def purveyor(*arguments: str, folder: Path) -> str:
    return run("-m", "purveyor.cli", *arguments, folder=folder)


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not {"data", "__pycache__"}.intersection(path.relative_to(root).parts)
    }


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__", "data"))


def test_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (session,) = re.findall(r"```console\n(.*?)```", (EXAMPLE.parent / "README.md").read_text(), re.DOTALL)
    example: Any = SimpleNamespace(parsed=session)
    assert ConsoleEvaluator()(example) is None


def test_the_script_of_the_guide(shop: Path, tmp_path: Path) -> None:
    guide = (EXAMPLE.parents[2] / "docs" / "howto" / "migrate.md").read_text()
    (script,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "calls.json").write_text(script)
    purveyor("migrate", "plan", "shop", "-o", "plan.json", folder=tmp_path)
    said = purveyor("migrate", "verify", "plan.json", "--script", "calls.json", "--json", folder=tmp_path)
    data = json.loads(said.splitlines()[0])["data"]
    assert data["ok"] is True
    steps = {each["step"]: each["outcome"] for each in data["comparisons"] if each["subject"] == "LocalProvider"}
    assert steps["get('coffee')"] == "same"
    assert "set('coffee', 'black')" in steps


def use(shop: Path) -> list[str]:
    """What the application prints, in two runs: the second one reads what the first has written."""
    shutil.rmtree(shop / "data", ignore_errors=True)
    said = [run("app.py", "coffee", "black", folder=shop), run("app.py", "coffee", folder=shop)]
    return [*said, run("app.py", "tea", folder=shop)]


def test_the_application_says_the_same(shop: Path, tmp_path: Path) -> None:
    before = files(shop)
    said = use(shop)
    assert said == ["black\n", "black\n", "None\n"]
    purveyor("migrate", "plan", "shop", "-o", "plan.json", folder=tmp_path)
    purveyor("migrate", "apply", "plan.json", folder=tmp_path)
    assert files(shop).keys() - before.keys() >= {"providers/base_legacy.py", "memory/providers/local_legacy.py"}
    assert b"LegacyProvider" in files(shop)["memory/providers/local.py"]
    assert use(shop) == said
    assert " same" in purveyor("migrate", "verify", "plan.json", folder=tmp_path)
    purveyor("migrate", "rollback", "plan.json", folder=tmp_path)
    assert files(shop) == before
    assert use(shop) == said


def test_data_of_one_side_is_read_by_the_other(shop: Path, tmp_path: Path) -> None:
    purveyor("migrate", "plan", "shop", "-o", "plan.json", folder=tmp_path)
    run("app.py", "coffee", "black", folder=shop)
    purveyor("migrate", "apply", "plan.json", folder=tmp_path)
    assert run("app.py", "coffee", folder=shop) == "black\n"
    run("app.py", "tea", "green", folder=shop)
    purveyor("migrate", "rollback", "plan.json", folder=tmp_path)
    assert run("app.py", "tea", folder=shop) == "green\n"


def test_what_it_becomes_is_a_provider_of_a_configuration(shop: Path, tmp_path: Path) -> None:
    purveyor("migrate", "plan", "shop", "-o", "plan.json", folder=tmp_path)
    purveyor("migrate", "apply", "plan.json", folder=tmp_path)
    (shop / "purveyor.toml").write_text(
        '[providers.notes]\ndriver = "memory.providers.local:LocalProvider"\npath = "data"\nlimit = 1\n'
    )
    script = (
        "import asyncio, purveyor\n"
        "async def main():\n"
        "    async with purveyor.open('purveyor.toml') as providers:\n"
        "        notes = providers.get('notes')\n"
        "        await notes.set('coffee', 'black')\n"
        "        print(await notes.get('coffee'))\n"
        "        try:\n"
        "            await notes.set('tea', 'green')\n"
        "        except ValueError as error:\n"
        "            print(error)\n"
        "asyncio.run(main())\n"
    )
    assert run("-c", script, folder=shop) == "black\nthe store is full\n"
    assert run("app.py", "coffee", folder=shop) == "black\n"
