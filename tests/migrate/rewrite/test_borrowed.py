"""What converted code calls what it takes from elsewhere."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from purveyor.migrate.rewrite.borrowed import Borrowed
from purveyor.migrate.rewrite.compose import compose
from purveyor.migrate.rewrite.decide import decide
from purveyor.migrate.scan.kinds import classify
from purveyor.migrate.source import read_project

if TYPE_CHECKING:
    from pathlib import Path

    from purveyor.migrate.source import Project

THING = """
class Thing:
    def __init__(self, config):
        self.path = config["path"]
        self.keys = config["keys"]
        self.secrets = config["api_keys"]
        self.users = config.get("credentials")

    async def initialize(self):
        self.ready = True

    async def cleanup(self):
        self.ready = False

    async def ask(self, question):
        return question * 2
"""


def project_of(root: Path, **files: str) -> Project:
    for name, text in files.items():
        (root / f"{name}.py").write_text(dedent(text))
    return read_project(root)


def borrowed_for(
    root: Path, source: str, *, shared: bool = False, discovered: bool = False, **files: str
) -> Borrowed:
    project = project_of(root, thing=source, **files)
    file = next(each for each in project.files if each.path == "thing.py")
    return Borrowed(project, file, shared=shared, discovered=discovered)


def test_an_alias_is_never_mangled_inside_a_class(tmp_path: Path) -> None:
    found = borrowed_for(tmp_path, "operation = _operation = 1\nsettings = _settings = _purveyor_settings = 2\n")
    assert found.take("operation") == "_purveyor_operation"
    assert found.take("settings") == "_purveyor_settings2"
    assert found.imports == [
        "from purveyor import operation as _purveyor_operation",
        "from purveyor.migrate import settings as _purveyor_settings2",
    ]


def test_a_new_name_is_one_that_no_class_of_the_tree_has(tmp_path: Path) -> None:
    found = borrowed_for(tmp_path, THING, models="class ThingConfig:\n    pass\n")
    assert [found.new("ThingConfig") for _ in range(3)] == ["ThingSettings", "ThingConfig2", "ThingConfig3"]


@pytest.mark.parametrize(
    ("source", "shared"),
    [("from models import *\n" + THING, False), (THING, True), ("from models import *\n", True)],
)
def test_where_a_star_is_involved_a_new_name_has_an_underscore(tmp_path: Path, source: str, shared: bool) -> None:
    found = borrowed_for(tmp_path, source, shared=shared, models="class _HiddenConfig:\n    pass\n")
    assert found.new("ThingConfig") == "_ThingConfig"
    assert found.new("_HiddenConfig") == "_HiddenSettings"
    assert found.new("__DeepConfig") == "_DeepConfig"


def test_a_file_that_is_looked_through_shows_no_class_of_purveyors(tmp_path: Path) -> None:
    found = borrowed_for(tmp_path, THING, discovered=True)
    assert found.take("LegacyProvider") == "_migrate.LegacyProvider"
    assert found.take("ProviderType") == "_ProviderType"
    assert found.take("dataclass") == "_dataclass"
    assert found.imports == [
        "from dataclasses import dataclass as _dataclass",
        "from purveyor import ProviderType as _ProviderType",
        "from purveyor import migrate as _migrate",
    ]


def test_a_config_stands_after_a_class_that_is_looked_for(tmp_path: Path) -> None:
    found = borrowed_for(tmp_path, THING, discovered=True)
    project = found._project
    decision = next(each for each in decide(project, classify(project)).values() if each.facts.name == "Thing")
    addition = compose(decision, found)
    assert addition.config_after
    assert addition.configured == '"_ThingConfig"'
    assert addition.base == '_migrate.LegacyProvider["_ThingConfig"]'
    assert 'config: "_ThingConfig"' in addition.builder
    assert "class _ThingConfig:" in addition.config


def test_what_may_be_secret_is_left_out_of_a_configs_text(tmp_path: Path) -> None:
    found = borrowed_for(tmp_path, THING)
    project = found._project
    decision = next(each for each in decide(project, classify(project)).values() if each.facts.name == "Thing")
    addition = compose(decision, found)
    assert not addition.config_after
    assert addition.config.splitlines()[4:] == [
        "    path: str",
        "    keys: Any",
        "    api_keys: Any = field(repr=False)",
        "    credentials: Any = field(default=None, repr=False)",
    ]
    assert "from dataclasses import dataclass, field" in found.imports


@pytest.mark.parametrize(
    ("source", "local"),
    [
        ('"""What it is."""\nfrom typing import Any\n', "Any"),
        ("'''What it is.'''\nimport os\nfrom typing import Any\n\nx = 1\n", "Any"),
        ("import os\n'''Late.'''\nfrom typing import Any\n", "Any"),
        ("import os\nx = 1\nfrom typing import Any\n", "_Any"),
        ("from typing import Any\ntry:\n    x = 1\nexcept ValueError as Any:\n    pass\n", "_Any"),
        ("from typing import Any\n\n\ndef change():\n    global Any\n", "_Any"),
        ("", "Any"),
    ],
)
def test_a_name_is_used_as_it_is_if_it_means_the_same_throughout(tmp_path: Path, source: str, local: str) -> None:
    assert borrowed_for(tmp_path, source + THING).take("Any") == local


def test_what_is_imported_below_the_class_is_not_there_yet(tmp_path: Path) -> None:
    assert borrowed_for(tmp_path, THING + "\n\nfrom typing import Any\n").take("Any") == "_Any"


def test_a_file_of_imports_alone_has_them(tmp_path: Path) -> None:
    assert borrowed_for(tmp_path, "from typing import Any\n").take("Any") == "Any"
