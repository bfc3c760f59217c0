"""What `import purveyor` gives, and what it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import ModuleType

import pytest

import purveyor
import purveyor.migrate.data

HEAVY = {
    "pydantic",
    "click",
    "rich",
    "starlette",
    "uvicorn",
    "apsw",
    "prometheus_client",
    "tree_sitter",
    "sqlite3",
    "libcst",
}


def run(script: str) -> str:
    """What a fresh interpreter prints; not measured, since measuring imports."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_every_public_name_is_there() -> None:
    assert set(purveyor.__all__) == set(purveyor._HOMES)
    for name in purveyor.__all__:
        assert getattr(purveyor, name) is not None
    assert set(purveyor.__all__) <= set(dir(purveyor))
    assert purveyor.operation is purveyor.operation
    assert callable(purveyor.operation)
    assert callable(purveyor.open)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = purveyor.nothing


@pytest.mark.parametrize(
    "code",
    [
        "import purveyor",
        "from purveyor import Provider, ProviderManager, ProviderMonitor, operation, PurveyorError",
        "from purveyor import MemoryProvider, StorageProvider, CapabilityProvider",
        "import purveyor.memory.inprocess",
        "import purveyor.migrate",
        "from purveyor.migrate import LegacyProvider, LegacyRegistry, adapt, settings",
    ],
)
def test_the_core_loads_nothing_heavy(code: str) -> None:
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    assert HEAVY.isdisjoint(json.loads(run(script)))


def test_what_a_migrated_application_runs_on_reads_no_source() -> None:
    script = (
        "import sys\n"
        "from purveyor.migrate import LegacyProvider, LegacyRegistry, adapt, settings\n"
        "print(*(name for name in sys.modules if name.startswith('purveyor.migrate.')))\n"
    )
    rooms = {name.split(".")[2] for name in run(script).split()}
    assert rooms == {"adapting", "asking", "building", "checks", "legacy", "methods", "registry", "words"}


@pytest.mark.parametrize("package", [purveyor.migrate, purveyor.migrate.data])
def test_every_name_of_migrations_is_there(package: ModuleType) -> None:
    assert set(package.__all__) == set(package._HOMES)
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_importing_purveyor_loads_only_itself() -> None:
    script = "import asyncio, sys; before = set(sys.modules); import purveyor; print(*sorted(set(sys.modules) - before))"
    assert set(run(script).split()) <= {"__future__", "purveyor"}
