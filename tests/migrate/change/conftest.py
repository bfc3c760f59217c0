"""Fixtures for trees that are changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .helpers import make_plan_file, make_tree
from .scene import Scene


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tree")


@pytest.fixture
def plan_file(root: Path) -> Path:
    return make_plan_file(root.parent)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    memory = Path("/dev/shm")  # thousands of trees: a disk would take minutes
    if os.access(memory, os.W_OK):
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            yield Scene(Path(folder))
    else:
        yield Scene(tmp_path)
