"""Runs what the documentation shows: README, docs and docstrings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import PythonCodeBlockParser as DocstringCodeBlockParser
from sybil.sybil import SybilCollection
from tests.documents import ConsoleEvaluator, check_toml


@pytest.fixture(scope="module")
def folder_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Each document runs in an empty folder, as a reader would."""
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("document"))
    yield
    os.chdir(here)


pytest_collect_file = SybilCollection(
    [
        Sybil(
            parsers=[
                PythonCodeBlockParser(),
                CodeBlockParser("toml", check_toml),
                CodeBlockParser("console", ConsoleEvaluator()),
            ],
            patterns=["README.md", "docs/**/*.md", "examples/**/*.md"],
            fixtures=["folder_of_its_own"],
        ),
        Sybil(parsers=[DocstringCodeBlockParser()], path="src", patterns=["*.py"], fixtures=["folder_of_its_own"]),
    ]
).pytest()
