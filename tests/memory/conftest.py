"""The drivers under test, and a clock that moves when a test says so."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from purveyor.memory import InProcessConfig, InProcessMemory, MemoryProvider, SQLiteConfig, SQLiteMemory
from purveyor.metadata import ProviderMetadata, ProviderType

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


class Clock:
    """Seconds since the epoch, by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def metadata(name: str = "notes") -> ProviderMetadata:
    return ProviderMetadata(name, ProviderType.MEMORY, "", "1")


def sqlite(path: Any, clock: Clock | None = None, **config: Any) -> SQLiteMemory:
    """A provider on a file, or on ":memory:"."""
    arguments: dict[str, Any] = {} if clock is None else {"clock": clock}
    return SQLiteMemory(metadata(), SQLiteConfig(path, **config), **arguments)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["inprocess", "sqlite", "sqlite in memory"])
async def memory(
    request: pytest.FixtureRequest, clock: Clock, tmp_path: Path
) -> AsyncIterator[MemoryProvider[Any]]:
    """A started provider of each driver."""
    provider: MemoryProvider[Any]
    if request.param == "inprocess":
        provider = InProcessMemory(metadata(), InProcessConfig(), clock=clock)
    else:
        provider = sqlite(tmp_path / "notes.db" if request.param == "sqlite" else ":memory:", clock)
    await provider.initialize()
    yield provider
    await provider.cleanup()


@pytest.fixture
async def notes(clock: Clock, tmp_path: Path) -> AsyncIterator[SQLiteMemory]:
    """A started provider on a file."""
    provider = sqlite(tmp_path / "notes.db", clock)
    await provider.initialize()
    yield provider
    await provider.cleanup()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every worker's thread that a test has started has ended when it is over."""
    before = set(threading.enumerate())
    yield
    left = [
        thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("purveyor memory")
    ]
    assert not left
