"""What `storage.local` says of its health."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from purveyor.metadata import Health, HealthState
from purveyor.storage.local.temp import TempFile

from .helpers import leftovers, local

if TYPE_CHECKING:
    from purveyor.storage import LocalStorage


async def test_it_tells_where_it_is_and_how_much_room_there_is(files: LocalStorage, root: Path) -> None:
    before = leftovers(root)
    health = await files.check()
    assert health.state is HealthState.HEALTHY
    assert health.details["root"] == str(root)
    assert 0 < health.details["free_bytes"] <= shutil.disk_usage(root).total
    assert leftovers(root) == before


async def test_what_is_not_open_is_unhealthy(tmp_path: Path) -> None:
    assert await local(tmp_path / "other").check() == Health.unhealthy("it is not open")


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_folder_that_was_removed_is_unhealthy_until_a_reload(
    files: LocalStorage, root: Path, tmp_path: Path, replaced: bool
) -> None:
    root.rename(tmp_path / "away")
    if replaced:
        root.mkdir()
    health = await files.check()
    assert health.state is HealthState.UNHEALTHY
    assert health.message.startswith(
        f"storage.local {root}: was removed or replaced while it was open; put it back"
    )
    await files.reload()
    assert (await files.check()).state is HealthState.HEALTHY


async def test_a_folder_of_ours_that_was_removed_is_unhealthy_until_a_reload(
    files: LocalStorage, root: Path
) -> None:
    shutil.rmtree(root / ".purveyor")
    health = await files.check()
    assert health.state is HealthState.UNHEALTHY
    assert "initialize the provider again" in health.message
    await files.reload()
    assert (await files.check()).state is HealthState.HEALTHY


async def test_a_relative_root_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = local(Path("root"))
    await files.initialize()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert (await files.check()).state is HealthState.HEALTHY
    await files.cleanup()


async def test_a_full_one_is_degraded(files: LocalStorage, root: Path) -> None:
    """It can still be read, and no restart would make room."""
    await files.put("a", b"1")
    before = leftovers(root)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        health = await files.check()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert health.state is HealthState.DEGRADED
    assert health.message.startswith(f"nothing can be written: storage.local {root}: File too large")
    assert await files.get("a") == b"1"
    assert leftovers(root) == before
    assert (await files.check()).state is HealthState.HEALTHY


async def test_one_that_is_read_only_is_degraded(files: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: TempFile) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(TempFile, "open", refuse)
        health = await files.check()
    assert health.state is HealthState.DEGRADED
    assert "Read-only file system" in health.message
