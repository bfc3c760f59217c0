"""Imports are written where their like stand: what was sorted stays sorted, as Ruff judges it."""

from __future__ import annotations

import json
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import libcst as cst
import pytest

from purveyor.migrate.rewrite.edit import edit
from tests.migrate.casebook import CASES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.migrate.rewrite.conftest import Converted

THING = """
class Thing:
    def __init__(self, config):
        self.path = config["path"]

    LIFECYCLE
"""


def unsorted(folder: Path) -> set[str]:
    """The files below a folder whose imports are not sorted, or that have quotes which nothing needs."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "I,UP037"]
    run = subprocess.run(
        [*command, "--output-format", "json", "."],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode in (0, 1), run.stderr
    found: list[Any] = json.loads(run.stdout)
    return {each["filename"].removeprefix(f"{folder.resolve()}/") for each in found}


def test_files_pass_the_sorting_of_imports_that_they_passed_before(tmp_path: Path) -> None:
    changed: set[str] = set()
    for case in CASES:
        if case.is_for_this_python:
            for stage in ("before", "after"):
                case.copy_to(tmp_path / stage / case.name)
                (tmp_path / stage / case.name / "ruff.toml").touch()  # each is a project of its own
            for path, data in case.after.items():
                target = tmp_path / "after" / case.name / path
                target.unlink()  # one may be read-only
                target.write_bytes(data)
                changed.add(f"{case.name}/{path}")
    passed = changed - unsorted(tmp_path / "before")
    assert len(passed) >= 80
    assert not passed & unsorted(tmp_path / "after")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n", "from os import a\n\nfrom b import c\n\nx = 1\n"),
        ("'''Doc.'''\nx = 1\n", "'''Doc.'''\n\nfrom os import a\n\nfrom b import c\n\nx = 1\n"),
        (
            "'''Doc.'''\n\nclass Other:\n    pass\n",
            "'''Doc.'''\n\nfrom os import a\n\nfrom b import c\n\n\nclass Other:\n    pass\n",
        ),
        (
            "'''Doc.'''\n# alone\n\n\nclass Other:\n    pass\n",
            "'''Doc.'''\n\nfrom os import a\n\nfrom b import c\n\n# alone\n\n\nclass Other:\n    pass\n",
        ),
        (
            "'''Doc.'''\n# of it\nclass Other:\n    pass\n",
            "'''Doc.'''\n\nfrom os import a\n\nfrom b import c\n\n\n# of it\nclass Other:\n    pass\n",
        ),
        ("def f(): pass\n", "from os import a\n\nfrom b import c\n\n\ndef f(): pass\n"),
        (
            "'''Doc.'''\nfrom __future__ import annotations\n\ndef f(): pass\n",
            "'''Doc.'''\nfrom __future__ import annotations\n\nfrom os import a\n\nfrom b import c\n\n\ndef f(): pass\n",
        ),
        (
            "#!/bin/x\n# a comment\nimport z\n",
            "#!/bin/x\n# a comment\nfrom os import a\n\nimport z\nfrom b import c\n",
        ),
        (
            "import re\nfrom zlib import x\n\nimport a\nfrom d import e\n",
            "import re\nfrom os import a\nfrom zlib import x\n\nimport a\nfrom b import c\nfrom d import e\n",
        ),
        (
            "import sys\n\nimport own.parts\nfrom own import x\n",
            "import sys\nfrom os import a\n\nfrom b import c\n\nimport own.parts\nfrom own import x\n",
        ),
        ("from . import x\n", "from os import a\n\nfrom b import c\n\nfrom . import x\n"),
        ("from d import *\n", "from os import a\n\nfrom b import c\nfrom d import *\n"),
        ("from OS import x\n", "from os import a\n\nfrom b import c\nfrom OS import x\n"),
    ],
)
def test_sections_stand_apart_and_are_sorted(source: str, expected: str) -> None:
    added = ["from os import a", "from b import c"]
    assert edit(cst.parse_module(source), {}, added, {"own"}).code == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "import sys\nimport z\n\nx = 1\n",
            "import sys\nfrom os import a\nimport z\nfrom b import c\n\nx = 1\n",
        ),
        ("import z\nimport sys\nx = 1\n", "import z\nfrom b import c\nimport sys\nfrom os import a\n\nx = 1\n"),
        ("import sys\nimport own\nx = 1\n", "import sys\nfrom os import a\nfrom b import c\nimport own\nx = 1\n"),
        ("import sys; x = 1\n", "from os import a\n\nfrom b import c\n\nimport sys; x = 1\n"),
    ],
)
def test_a_file_without_sections_gets_none(source: str, expected: str) -> None:
    added = ["from os import a", "from b import c"]
    assert edit(cst.parse_module(source), {}, added, {"own"}).code == expected


def test_a_comment_stays_with_the_import_that_it_is_about() -> None:
    source = "'''Doc.'''\n\n# why\nimport z\n\n# which\nfrom own import x\n"
    added = ["from os import a", "from b import c", "from z import y"]
    assert edit(cst.parse_module(source), {}, added, {"own"}).code == (
        "'''Doc.'''\n\nfrom os import a\n\n# why\nimport z\nfrom b import c\nfrom z import y\n\n# which\nfrom own import x\n"
    )
    source = "'''Doc.'''\n\n# why\nfrom c import d\n"
    assert edit(cst.parse_module(source), {}, ["from b import c"]).code == (
        "'''Doc.'''\n\nfrom b import c\n\n# why\nfrom c import d\n"
    )


LONG = ", ".join(f"name_number_{n}" for n in range(1, 6))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from os import b  # why\n", "from os import Any, b  # why\n"),
        ("from os import MAX, Zeta, b\n", "from os import MAX, Any, Zeta, b\n"),
        ("from os import MAX, A\n", "from os import MAX, A, Any\n"),
        ("from os import (b, c)\n", "from os import Any, b, c\n"),
        ("from os import b as c, d\n", "from os import Any, b as c, d\n"),
        ("from os import (\n    MAX,\n    b,\n)\n", "from os import (\n    MAX,\n    Any,\n    b,\n)\n"),
        ("from os import (\r\n\tb,\r\n)\r\n", "from os import (\r\n    Any,\r\n    b,\r\n)\r\n"),
        (
            f"from os import {LONG}\n",
            f"from os import (\n    Any,\n    {LONG.replace(', ', f',{chr(10)}    ')},\n)\n",
        ),
    ],
)
def test_a_name_goes_into_the_statement_that_takes_others_from_its_module(source: str, expected: str) -> None:
    assert edit(cst.parse_module(source.encode()), {}, ["from os import Any"]).bytes.decode() == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from os import (\n    b,  # why\n)\n", "from os import Any\nfrom os import (\n    b,  # why\n)\n"),
        ("from os import \\\n    b\n", "from os import Any\nfrom os import \\\n    b\n"),
        ("from os import a\nfrom os import b\n", "from os import Any\nfrom os import a\nfrom os import b\n"),
        ("from os import b as c\n", "from os import Any\nfrom os import b as c\n"),
        ("from os import *\n", "from os import *\nfrom os import Any\n"),
        ("from os import b; import sys\n", "from os import Any\nfrom os import b; import sys\n"),
        ("import os\n", "import os\nfrom os import Any\n"),
    ],
)
def test_a_name_gets_a_statement_of_its_own_where_none_can_be_written_anew(source: str, expected: str) -> None:
    assert edit(cst.parse_module(source), {}, ["from os import Any"]).code == expected


def test_an_alias_stands_by_itself() -> None:
    found = edit(cst.parse_module("from os import b\n"), {}, ["from os import a as _a"]).code
    assert found == "from os import a as _a\nfrom os import b\n"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"shop__thing": "{}", "shop__base": "x = 1\n"}, "shop/thing.py"),
        ({"src__shop__thing": "{}", "src__shop__base": "x = 1\n"}, "src/shop/thing.py"),
    ],
)
def test_the_trees_own_modules_come_last(
    convert: Callable[..., Converted], files: dict[str, str], path: str
) -> None:
    source = "import json\n\nfrom shop.base import x\n" + THING
    text = convert(**{name: each.format(source) if each == "{}" else each for name, each in files.items()})
    assert text.after[path].startswith(
        "import json\nfrom dataclasses import dataclass\n\nfrom purveyor import ProviderType, operation\n"
        "from purveyor.migrate import LegacyProvider, settings\n\nfrom shop.base import x\n\n\n@dataclass\n"
    )


def test_a_tree_inside_a_package_is_its_own_by_the_packages_name(
    convert: Callable[..., Converted], tmp_path: Path
) -> None:
    source = f"from {tmp_path.name}.base import x\n" + THING
    (tmp_path / "__init__.py").touch()
    text = convert(thing=source, base="x = 1\n").after["thing.py"]
    assert f"LegacyProvider, settings\n\nfrom {tmp_path.name}.base import x\n" in text


@pytest.mark.parametrize(
    ("first", "annotations"),
    [
        ("from __future__ import annotations\n", ("ThingConfig", "Thing")),
        ("from __future__ import generator_stop\n", ("ThingConfig", '"Thing"')),
        ("from typing import annotations\n", ("ThingConfig", '"Thing"')),
        ("", ("ThingConfig", '"Thing"')),
    ],
)
def test_annotations_have_quotes_only_where_they_are_evaluated(
    convert: Callable[..., Converted], first: str, annotations: tuple[str, str]
) -> None:
    assert "def from_config(cls, config: {}) -> {}:".format(*annotations) in convert(first + THING).text


def test_a_config_further_down_has_quotes_among_the_bases_alone(convert: Callable[..., Converted]) -> None:
    source = dedent("""
        from __future__ import annotations


        class Thing:
            def __init__(self, config: ThingConfig):
                self.path = config.path

            LIFECYCLE


        class ThingConfig:
            path: str
        """)
    text = convert(source).text
    assert 'class Thing(LegacyProvider["ThingConfig"]):' in text
    assert "def from_config(cls, config: ThingConfig) -> Thing:" in text
