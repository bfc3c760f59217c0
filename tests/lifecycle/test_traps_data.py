"""The traps of what is kept, told and looked up."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import dataclasses
import gc
import logging
import weakref
from pathlib import Path
from typing import Any

import pytest

import purveyor
from purveyor.catalog import Catalog, Driver
from purveyor.config import load_config
from purveyor.errors import DriverLoadError, ProviderNotReadyError
from purveyor.events import Event, Reloaded
from purveyor.manager import ProviderManager
from purveyor.metadata import ProviderStatus, ProviderType
from purveyor.policy import Policy
from purveyor.testing import FakeClock, FaultyProvider, Slow
from tests.lifecycle.lines import Member, turns
from tests.providers import Scripted, raising

SOURCE = Path(purveyor.__file__).parent


async def test_a_handler_may_call_the_manager(manager: ProviderManager) -> None:
    """Traps 19 and 20: no lock is held while an event is handled, so that nobody waits for itself."""
    first = Member()
    await manager.register(first)
    handled: list[str] = []

    async def handle(event: Event) -> None:
        if isinstance(event, Reloaded) and event.generation == 2:
            await manager.reload_provider("one")
            await manager.register(Scripted("two"))
            handled.append(manager.status("one").name)
            raise OSError("a handler that fails")

    manager.subscribe(handle)
    later: list[Event] = []
    manager.subscribe(later.append)
    await manager.reload_provider("one")
    await turns(60)
    assert handled == ["READY"]
    assert await first.which() == 3
    assert [event.generation for event in later if isinstance(event, Reloaded)] == [2, 3]


async def test_what_is_iterated_over_may_change(manager: ProviderManager) -> None:
    """Trap 21: every answer is one's own."""
    for name in "abc":
        await manager.register(Scripted(name, "word"))
    for provider in manager.get_providers_by_type(ProviderType.CUSTOM):
        await manager.unregister(provider.metadata.name)
        await manager.register(Scripted(provider.metadata.name * 2, "word"))
    for name in manager.names():
        await manager.reload_provider(name)
        await manager.register(Scripted(name + "+"))
    for name in manager.registered_names():
        await manager.unregister(name)
    assert len(manager) == 0
    await manager.register(Scripted("one", "word"))
    answer = manager.get_providers_by_capability("word")
    answer.clear()
    assert len(manager.get_providers_by_capability("word")) == 1
    graph = manager.graph()
    await manager.unregister("one")
    assert list(graph.nodes) == ["one"]


async def test_everything_can_be_logged(manager: ProviderManager, caplog: pytest.LogCaptureFixture) -> None:
    """Trap 27: at every level; a key of ours that is one of a log record's own would raise."""
    caplog.set_level(1)
    for name in logging.root.manager.loggerDict:
        if name.startswith("purveyor"):
            assert logging.getLogger(name).isEnabledFor(1)
    first = Member()
    await manager.register(first)
    await manager.reload_provider("one")
    first.steps["initialize"] = raising(OSError("down"))
    with pytest.raises(OSError, match="down"):
        await manager.reload_provider("one")
    with pytest.raises(OSError, match="down"):
        await manager.register(Member("two", line=first.line))
    first.steps["cleanup"] = raising(OSError("stuck"))
    with pytest.raises(ExceptionGroup):
        await manager.cleanup()
    first.steps.clear()
    assert {record.levelno for record in caplog.records if record.name.startswith("purveyor")} >= {
        logging.DEBUG,
        logging.INFO,
        logging.ERROR,
    }


def test_no_log_record_is_given_a_key_without_our_prefix() -> None:
    """Trap 27: in the whole source, whether a test comes by there or not."""
    keys: list[str] = []
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "extra":
                keys += [
                    key.value
                    for part in ast.walk(node.value)
                    if isinstance(part, ast.Dict)
                    for key in part.keys
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                ]
    assert len(keys) > 10
    assert [key for key in keys if not key.startswith("provider_")] == []


async def test_a_clock_that_is_set_changes_no_duration(
    manager: ProviderManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 31: wall time is for people."""
    provider = FaultyProvider("one", initialize=Slow(2))
    with FakeClock() as clock:
        start = asyncio.create_task(manager.register(provider, policy=Policy(start_timeout=3)))
        await clock.advance(1)
        for module in ("runner", "owner", "supervision", "health", "watchdog"):
            monkeypatch.setattr(f"purveyor.lifecycle.{module}.time", lambda: 4e9, raising=False)
        await clock.advance(1)
        await start
    assert manager.status("one") is ProviderStatus.READY


async def test_an_error_that_is_kept_keeps_nothing_alive(manager: ProviderManager) -> None:
    """Trap 33: neither the exception nor what its frames hold."""

    class Secret:
        pass

    kept: list[weakref.ref[Any]] = []

    async def fail() -> None:
        secret = Secret()
        kept.append(weakref.ref(secret))
        raise OSError("down")

    first = Member()
    await manager.register(first)
    first.steps["initialize"] = fail
    for strategy in ("swap", "in_place"):
        with contextlib.suppress(OSError):
            await manager.reload_provider("one", config={"n": 1}, policy=Policy(reload=strategy))
        assert "OSError: down" in str(manager.last_reload_error("one"))
    assert manager.status("one") is ProviderStatus.FAILED
    await turns()
    gc.collect()
    assert manager.last_reload_error("one") == "OSError: down"
    assert "OSError: down" in manager.health("one").message
    assert [reference() for reference in kept] == [None] * len(kept)
    with pytest.raises(ProviderNotReadyError):
        await first.which()


def test_a_configuration_does_not_change_after_it_was_read() -> None:
    """Trap 34: neither by what it was read from, nor by who holds it."""
    table: dict[str, Any] = {
        "driver": "tests.lifecycle.test_traps_data:Configured",
        "path": "a",
        "more": {"deep": [1]},
    }
    configuration = load_config({"providers": {"one": table}})
    (spec,) = configuration.providers
    table["more"]["deep"].append(2)
    table["path"] = "b"
    assert spec.config["path"] == "a"
    assert spec.config["more"] == {"deep": [1]}
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "two"  # type: ignore[misc]


class Configured(Scripted):
    """A class that a configuration can name."""


@pytest.mark.parametrize(
    "broken", ["raise SystemExit(3)", "raise OSError('broken')", "import nothing_of_this_name"]
)
def test_a_driver_that_breaks_as_it_is_imported_harms_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Trap 38: drivers are listed without being imported, and each fails for itself."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_plugin.py").write_text(f"{broken}\nclass Broken: ...\n")
    catalog = Catalog(
        [
            Driver("good", "some", "1", "tests.lifecycle.test_traps_data:Configured"),
            Driver("broken", "some", "1", "broken_plugin:Broken"),
        ]
    )
    assert catalog.names == ("broken", "good")
    with pytest.raises(DriverLoadError, match="some 1"):
        catalog.load("broken")
    assert catalog.load("good") is Configured
