"""Lookups are counted as hits and misses; one that finds nothing is a success all the same."""

from __future__ import annotations

from purveyor.manager import ProviderManager
from purveyor.memory.inprocess import InProcessConfig, InProcessMemory
from purveyor.metadata import ProviderType
from purveyor.monitor.metrics import MetricsManager
from tests.providers import metadata


async def test_hits_and_misses(metrics: MetricsManager) -> None:
    async with ProviderManager() as manager:
        notes = InProcessMemory(metadata("notes", type=ProviderType.MEMORY), InProcessConfig())
        await manager.register(notes)
        await notes.put("a", 1)
        await notes.get("a")
        await notes.get("b")
        await notes.get("a", touch=60)
        await notes.get("b", touch=60)
        await notes.get_many(["a", "b", "c"])
    hits = metrics.series("provider_lookups", type="memory", name="notes", result="hit")
    misses = metrics.series("provider_lookups", type="memory", name="notes", result="miss")
    assert (hits.value, misses.value) == (3, 4)
    record = metrics.operation("get", "memory", "notes")
    assert (record.successes, record.failures) == (4, 0)
