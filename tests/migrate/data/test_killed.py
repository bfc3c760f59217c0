"""A process that is killed anywhere on the way leaves nothing or everything, and the next one finishes its work."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("kind", ["entries", "files"])
@pytest.mark.parametrize(("what", "every"), [("new", 4), ("running", 4), ("back", 3)])
def test_nothing_or_everything(what: str, kind: str, every: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.migrate.data.killing", what, kind, str(every)],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert int(ended.stdout) > 10
