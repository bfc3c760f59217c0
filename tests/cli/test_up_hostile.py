"""`purveyor up` and drivers that would end the program, and files that nobody can read to the end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Run, Spawn

CONFIGURATION = '[server]\nport = 0\n[providers.a]\ndriver = "hostile:Hostile"\n'

HOSTILE = """
import sys
from purveyor import Provider

class Panic(BaseException):
    pass

class Hostile(Provider[dict]):
    def __init__(self, metadata, config):
        super().__init__(metadata, config)
        if config.get("fail") == "build":
            sys.exit(7)

    async def initialize(self):
        if self.config.get("fail") == "panic":
            raise Panic("no way")
        if self.config.get("fail") == "exit":
            sys.exit(7)

    async def cleanup(self):
        pass
"""


@pytest.fixture(autouse=True)
def hostile(folder: Path) -> None:
    (folder / "hostile.py").write_text(HOSTILE)
    (folder / "exits.py").write_text("import sys\nsys.exit(7)\n")
    (folder / "purveyor.toml").write_text(CONFIGURATION)


def test_a_reload_survives_what_would_end_the_program(spawn: Spawn, folder: Path) -> None:
    file = folder / "purveyor.toml"
    up = spawn("up")
    up.wait_for("SIGHUP reloads")
    for number, (step, error) in enumerate(
        [("build", "SystemExit: 7"), ("panic", "Panic: no way"), ("exit", "SystemExit: 7")]
    ):
        broken = f'[providers.{step}]\ndriver = "hostile:Hostile"\nfail = "{step}"\n'
        file.write_text(f'{CONFIGURATION}[providers.good{number}]\ndriver = "hostile:Hostile"\n{broken}')
        up.send(signal.SIGHUP)
        up.wait_for(f"provider {step}: .*{error}")
        up.wait_for(f"reloaded: added good{number}; .*failed {step}\n")
    file.write_text(f'{CONFIGURATION}[providers.b]\ndriver = "exits:Exits"\n')
    up.send(signal.SIGHUP)
    up.wait_for("SystemExit: 7[^\n]*\nnot reloaded: all runs on as it was")
    file.write_text(CONFIGURATION)
    up.send(signal.SIGHUP)
    up.wait_for("reloaded: removed good2\n")
    up.send(signal.SIGTERM)
    assert up.end().code == 0


def test_a_pipe_in_place_of_the_configuration_is_refused(run: Run, spawn: Spawn, folder: Path) -> None:
    file = folder / "purveyor.toml"
    up = spawn("up")
    up.wait_for("SIGHUP reloads")
    file.unlink()
    os.mkfifo(file)
    up.send(signal.SIGHUP)
    up.wait_for("purveyor.toml: cannot be read: it is no regular file\nnot reloaded: all runs on as it was")
    up.send(signal.SIGTERM)
    assert up.end().code == 0
