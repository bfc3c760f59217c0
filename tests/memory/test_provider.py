"""The founding contract of `MemoryProvider`, and where it meets stores that are not there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

import purveyor.memory
from purveyor.errors import StoreClosedError, StoreError, UnsupportedError, WrongEventLoopError
from purveyor.memory import InProcessConfig, InProcessMemory, MemoryProvider, MemoryStore
from purveyor.memory.inprocess import InProcessStore
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.operations import operations_of
from tests.memory.conftest import metadata


class HooksOnly(MemoryProvider[dict[str, str]]):
    """A provider as the founding specification has them written."""

    def __init__(self, metadata: ProviderMetadata, config: dict[str, str]) -> None:
        super().__init__(metadata, config)
        self.calls: list[str] = []

    async def _initialize_store(self) -> None:
        self.calls.append("open")
        self._store = {"anything": self.config}

    async def _cleanup_store(self) -> None:
        self.calls.append("close")


async def test_a_subclass_of_the_two_hooks_works() -> None:
    provider = HooksOnly(metadata(), {"a": "b"})
    assert provider.store is None
    assert provider.provider_type is ProviderType.MEMORY
    await provider.cleanup()
    assert provider.calls == []
    await provider.initialize()
    assert provider.store == {"anything": {"a": "b"}}
    await provider.cleanup()
    assert provider.store == {"anything": {"a": "b"}}, "the subclass did not take it away"
    await provider.reload()
    assert provider.calls == ["open", "close", "close", "open"]


async def test_a_subclass_that_never_calls_init_works() -> None:
    class Careless(HooksOnly):
        def __init__(self) -> None:
            self.calls = []

        async def _initialize_store(self) -> None:
            self._store = InProcessStore()

    provider = Careless()
    assert provider.store is None
    await provider.cleanup()
    with pytest.raises(StoreClosedError, match="memory provider Careless: is not initialized"):
        await provider.get("a")
    await provider.initialize()
    await provider.put("a", 1)
    item = await provider.get("a")
    assert item is not None
    assert item.value == 1


async def test_the_hooks_are_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        MemoryProvider(metadata(), None)  # type: ignore[abstract]


async def test_operations_on_a_store_that_is_none_say_so() -> None:
    provider = HooksOnly(metadata("legacy"), {})
    with pytest.raises(StoreClosedError, match="memory provider legacy: is not initialized; initialize it first"):
        await provider.get("a")
    await provider.initialize()
    with pytest.raises(UnsupportedError, match="the store of legacy does not support search; use a store that"):
        await provider.search("a")


async def test_a_unit_of_which_the_store_refuses_a_part_raises() -> None:
    class Picky(InProcessStore):
        async def write(self, mutations: Any) -> Any:
            return [StoreError("picky", "no room for this one")] * len(mutations)

    class PickyMemory(HooksOnly):
        async def _initialize_store(self) -> None:
            self._store = Picky()

    provider = PickyMemory(metadata(), {})
    await provider.initialize()
    with pytest.raises(StoreError, match="no room for this one"):
        await provider.put_many({"a": 1, "b": 2})
    with pytest.raises(StoreError, match="no room for this one"):
        await provider.delete_many(["a"])


async def test_a_cycle_of_cleanup_and_initialize_works() -> None:
    provider = InProcessMemory(metadata(), InProcessConfig())
    await provider.initialize()
    first = provider.store
    assert isinstance(first, MemoryStore)
    await provider.put("a", 1)
    await provider.cleanup()
    assert provider.store is None
    await provider.initialize()
    assert provider.store is not first
    assert await provider.get("a") is None
    assert await provider.put("a", 2)


def test_another_running_loop_is_refused_and_a_later_one_is_fine() -> None:
    provider = InProcessMemory(metadata(), InProcessConfig())

    async def begin() -> None:
        await provider.initialize()
        await provider.put("a", 1)

        def elsewhere() -> None:
            with pytest.raises(WrongEventLoopError):
                asyncio.run(provider.get("a"))

        await asyncio.to_thread(elsewhere)

    async def go_on() -> None:
        assert await provider.get("a") is not None

    asyncio.run(begin())
    asyncio.run(go_on())


def test_what_counts_as_an_operation() -> None:
    operations = operations_of(InProcessMemory)
    names = "clear count delete delete_many export get get_many import_ list namespaces put put_many search touch"
    assert sorted(operations) == names.split()
    reads = {name for name, info in operations.items() if info.idempotent}
    assert reads == {"count", "export", "get", "get_many", "list", "namespaces", "search", "touch"}


def test_the_package_is_lazy() -> None:
    code = (
        "import sys, purveyor.memory as memory\n"
        "assert not {'apsw', 'pydantic', 'purveyor.memory.store'} & set(sys.modules)\n"
        "memory.InProcessMemory\n"
        "assert not {'apsw', 'pydantic'} & set(sys.modules)\n"
        "memory.SQLiteMemory\n"
        "assert 'apsw' in sys.modules and 'pydantic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    module: Any = purveyor.memory
    assert set(module.__all__) <= set(dir(module))
    assert all(getattr(module, name).__name__ == name for name in module.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        module.Nothing  # noqa: B018
