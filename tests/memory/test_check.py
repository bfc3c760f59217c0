"""What the drivers of memory say of their health."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from purveyor.lifecycle.health import overrides_check
from purveyor.memory import InProcessConfig, InProcessMemory, SQLiteMemory
from purveyor.metadata import Health, HealthState
from tests.memory.conftest import metadata, sqlite

if TYPE_CHECKING:
    from pathlib import Path


def test_there_is_nothing_to_check_in_the_process() -> None:
    assert not overrides_check(InProcessMemory(metadata(), InProcessConfig()))


async def test_a_database_tells_where_it_is_and_how_large(notes: SQLiteMemory, tmp_path: Path) -> None:
    before = await notes.check()
    assert before.state is HealthState.HEALTHY
    await notes.put("a", "x" * 100_000)
    after = await notes.check()
    assert after.details["path"] == str(tmp_path / "notes.db")
    assert after.details["bytes"] > before.details["bytes"] + 100_000


async def test_a_database_in_memory_is_healthy() -> None:
    notes = sqlite(":memory:")
    await notes.initialize()
    assert (await notes.check()).state is HealthState.HEALTHY
    await notes.cleanup()


async def test_what_is_not_open_is_unhealthy(notes: SQLiteMemory, tmp_path: Path) -> None:
    assert await sqlite(tmp_path / "other.db").check() == Health.unhealthy("it is not open")


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_was_removed_is_unhealthy_until_a_reload(
    notes: SQLiteMemory, tmp_path: Path, replaced: bool
) -> None:
    path = tmp_path / "notes.db"
    path.rename(tmp_path / "away.db")
    if replaced:
        path.write_bytes((tmp_path / "away.db").read_bytes())
    health = await notes.check()
    assert health.state is HealthState.UNHEALTHY
    assert "was removed or replaced" in health.message
    await notes.reload()
    assert (await notes.check()).state is HealthState.HEALTHY


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_has_ended_is_unhealthy(notes: SQLiteMemory) -> None:
    for role in ("_writer", "_querier", "_reader"):
        worker = getattr(notes.store, role)
        worker.stop()
        await worker.stopped()
        health = await notes.check()
        assert health.state is HealthState.UNHEALTHY
        assert "is not open" in health.message
        await notes.reload()


async def test_a_check_does_not_wait_for_writers_of_other_processes(notes: SQLiteMemory, tmp_path: Path) -> None:
    apsw = pytest.importorskip("apsw")
    other = apsw.Connection(str(tmp_path / "notes.db"))
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(notes.put("a", 1))
    await asyncio.sleep(0)
    assert (await notes.check()).state is HealthState.HEALTHY
    assert not write.done()
    other.execute("ROLLBACK")
    other.close()
    await write


async def test_nobody_waits_for_a_check_that_was_cancelled(notes: SQLiteMemory) -> None:
    check = asyncio.create_task(notes.check())
    await asyncio.sleep(0)
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    assert (await notes.check()).state is HealthState.HEALTHY
