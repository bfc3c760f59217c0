"""The founding contract, one test for each behaviour, its corrected defects included."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import logging
from abc import ABC
from typing import Any

import pytest

from purveyor import (
    MemoryProvider,
    MetricsManager,
    Provider,
    ProviderManager,
    ProviderMetadata,
    ProviderMonitor,
    ProviderType,
    StorageProvider,
)
from purveyor.monitor.prometheus import exposition
from tests.providers import Scripted, metadata, raising, waiting

NOT_A_LABEL: dict[str, Any] = {"not a label": "x"}
LOG_RECORD_ATTRIBUTES = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime"}


# --- Types ------------------------------------------------------------------------------------------


def test_provider_types_are_the_four_of_the_specification() -> None:
    assert {t.name: t.value for t in ProviderType} == {
        "MEMORY": "memory",
        "STORAGE": "storage",
        "CAPABILITY": "capability",
        "CUSTOM": "custom",
    }


def test_metadata_is_a_dataclass_with_defaults_of_its_own() -> None:
    one = ProviderMetadata("a", ProviderType.CUSTOM, "d", "1")
    two = ProviderMetadata("b", ProviderType.CUSTOM, "d", "1")
    assert dataclasses.is_dataclass(one)
    assert [f.name for f in dataclasses.fields(one)] == [
        "name", "type", "description", "version", "capabilities", "labels",
    ]  # fmt: skip
    assert (one.capabilities, one.labels) == ([], {})
    assert one.capabilities is not two.capabilities
    assert one.labels is not two.labels


def test_provider_is_abstract_and_generic() -> None:
    assert issubclass(Provider, ABC)
    assert Provider.__abstractmethods__ == {"initialize", "cleanup"}
    assert Provider[int] is not None
    with pytest.raises(TypeError, match="abstract"):
        Provider(metadata(), None)  # type: ignore[abstract]


async def test_provider_defaults() -> None:
    provider = Scripted()
    assert provider.metadata.name == "one"
    assert provider.config == {}
    assert provider.state == {}
    provider.state["seen"] = 1
    assert provider.state == {"seen": 1}
    assert Scripted().state == {}
    await Provider.validate(provider)
    await provider.reload()
    assert provider.calls == ["cleanup", "initialize"]


def test_config_and_state_are_settable() -> None:
    provider = Scripted()
    provider.config = {"a": 1}
    provider.state = {"b": 2}
    assert provider.config == {"a": 1}
    assert provider.state == {"b": 2}


async def test_a_legacy_class_that_assigns_before_or_without_super_init_works() -> None:
    class Legacy(Provider[dict[str, Any]]):
        def __init__(self) -> None:
            self.config = {"path": "x"}
            self.state = {"open": False}
            self._metadata = metadata("legacy")

        async def initialize(self) -> None:
            self.state["open"] = True

        async def cleanup(self) -> None:
            self.state["open"] = False

    legacy = Legacy()
    async with ProviderManager() as manager:
        await manager.register(legacy)
        assert legacy.state == {"open": True}
        assert legacy.config == {"path": "x"}
    assert legacy.state == {"open": False}


# --- Manager ----------------------------------------------------------------------------------------


async def test_register_validates_initializes_then_adds() -> None:
    manager = ProviderManager()
    seen: list[Any] = []

    async def look() -> None:
        seen.append(manager.get_provider("one"))

    provider = Scripted(initialize=look)
    await manager.register(provider)
    assert provider.calls == ["validate", "initialize"]
    assert seen == [None]
    assert manager.get_provider("one") is provider
    await manager.cleanup()


async def test_a_duplicate_name_is_a_value_error() -> None:
    async with ProviderManager() as manager:
        first = Scripted()
        await manager.register(first)
        second = Scripted()
        with pytest.raises(ValueError, match="Provider one already registered"):
            await manager.register(second)
        assert manager.get_provider("one") is first
        assert second.calls == []


async def test_of_two_registrations_at_once_one_finds_the_name_taken() -> None:
    async with ProviderManager() as manager:
        go = asyncio.Event()
        first, second = Scripted(initialize=waiting(go)), Scripted(initialize=waiting(go))
        both = asyncio.gather(manager.register(first), manager.register(second), return_exceptions=True)
        await asyncio.sleep(0.01)
        go.set()
        outcomes = await both
        assert outcomes[0] is None
        assert isinstance(outcomes[1], ValueError)
        assert second.calls == []
        assert manager.get_provider("one") is first


@pytest.mark.parametrize("step", ["validate", "initialize"])
async def test_a_provider_that_does_not_start_is_not_added_logged_and_reraised(
    step: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = RuntimeError("no connection")
    broken = Scripted("broken", "store")
    broken.steps[step] = raising(error)
    async with ProviderManager() as manager:
        with pytest.raises(RuntimeError) as raised:
            await manager.register(broken)
        assert raised.value is error
        assert manager.get_provider("broken") is None
        assert manager.get_providers_by_type(ProviderType.CUSTOM) == []
        assert manager.get_providers_by_capability("store") == []
        (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
        assert vars(record)["provider_name"] == "broken"
        assert vars(record)["provider_type"] == "custom"
        assert vars(record)["provider_error"] == "no connection"
        await manager.register(Scripted("broken"))  # the name is free again


async def test_a_failed_initialize_leaves_nothing_open() -> None:
    provider = Scripted(initialize=raising(RuntimeError("half-way")))
    async with ProviderManager() as manager:
        with pytest.raises(RuntimeError):
            await manager.register(provider)
    assert provider.calls == ["validate", "initialize", "cleanup"]
    assert provider.resources == 0


async def test_unregister_cleans_up_and_removes() -> None:
    async with ProviderManager() as manager:
        provider = Scripted("one", "store")
        await manager.register(provider)
        await manager.unregister("one")
        assert provider.calls[-1] == "cleanup"
        assert manager.get_provider("one") is None
        assert manager.get_providers_by_capability("store") == []


@pytest.mark.parametrize("call", ["unregister", "reload_provider"])
async def test_an_unknown_name_is_a_value_error(call: str, caplog: pytest.LogCaptureFixture) -> None:
    async with ProviderManager() as manager:
        with pytest.raises(ValueError, match="Provider nobody not found"):
            await getattr(manager, call)("nobody")
    assert [vars(r)["provider_name"] for r in caplog.records] == ["nobody"]


async def test_a_provider_whose_cleanup_fails_does_not_stay_registered(caplog: pytest.LogCaptureFixture) -> None:
    error = RuntimeError("stuck")
    async with ProviderManager() as manager:
        await manager.register(Scripted(cleanup=raising(error)))
        with pytest.raises(RuntimeError) as raised:
            await manager.unregister("one")
        assert raised.value is error
        assert manager.get_provider("one") is None
        assert [vars(r)["provider_error"] for r in caplog.records] == ["stuck"]
        await manager.register(Scripted())


async def test_lists_are_in_registration_order_and_the_callers_own() -> None:
    async with ProviderManager() as manager:
        providers = [Scripted(name, "store") for name in ("c", "a", "b")]
        for provider in providers:
            await manager.register(provider)
        assert manager.get_providers_by_type(ProviderType.CUSTOM) == providers
        assert manager.get_providers_by_capability("store") == providers
        manager.get_providers_by_type(ProviderType.CUSTOM).clear()
        manager.get_providers_by_capability("store").clear()
        assert manager.get_providers_by_type(ProviderType.CUSTOM) == providers
        assert manager.get_providers_by_capability("store") == providers
        await manager.unregister("a")
        assert manager.get_providers_by_capability("store") == [providers[0], providers[2]]
        assert manager.get_providers_by_type(ProviderType.MEMORY) == []
        assert manager.get_providers_by_capability("search") == []


async def test_reload_is_cleanup_then_initialize_of_the_same_object() -> None:
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        await manager.reload_provider("one")
        assert provider.calls == ["validate", "initialize", "cleanup", "initialize"]
        assert manager.get_provider("one") is provider


async def test_reload_uses_the_providers_own_reload() -> None:
    class Own(Scripted):
        async def reload(self) -> None:
            self.calls.append("own reload")

    async with ProviderManager() as manager:
        provider = Own()
        await manager.register(provider)
        await manager.reload_provider("one")
        assert provider.calls[-1] == "own reload"


async def test_a_failed_reload_is_logged_and_reraised(caplog: pytest.LogCaptureFixture) -> None:
    error = RuntimeError("gone")
    async with ProviderManager() as manager:
        provider = Scripted()
        await manager.register(provider)
        provider.steps["initialize"] = raising(error)
        with pytest.raises(RuntimeError) as raised:
            await manager.reload_provider("one")
        assert raised.value is error
        assert vars(caplog.records[0])["provider_error"] == "RuntimeError: gone"


async def test_cleanup_gives_every_provider_its_chance_and_raises_one_group() -> None:
    manager = ProviderManager()
    order: list[str] = []

    def noting(name: str, error: Exception | None) -> Any:
        async def step() -> None:
            order.append(name)
            if error:
                raise error

        return step

    errors = {"a": RuntimeError("a"), "b": None, "c": OSError("c")}
    for name, error in errors.items():
        await manager.register(Scripted(name, cleanup=noting(name, error)))
    with pytest.raises(ExceptionGroup) as raised:
        await manager.cleanup()
    assert order == ["c", "b", "a"]
    assert list(raised.value.exceptions) == [errors["c"], errors["a"]]
    assert [manager.get_provider(name) for name in errors] == [None, None, None]
    await manager.cleanup()  # there is nothing left to fail


# --- Common types -----------------------------------------------------------------------------------


async def test_memory_provider_by_its_hooks_alone() -> None:
    calls: list[str] = []

    class Memory(MemoryProvider[None]):
        async def _initialize_store(self) -> None:
            calls.append("initialize")
            self._store: Any = object()

        async def _cleanup_store(self) -> None:
            calls.append("cleanup")
            self._store = None

    provider = Memory(metadata(type=ProviderType.MEMORY), None)
    assert provider.store is None
    await provider.cleanup()  # without a store there is nothing to clean up
    assert calls == []
    await provider.initialize()
    assert provider.store is not None
    await provider.reload()
    await provider.cleanup()
    assert calls == ["initialize", "cleanup", "initialize", "cleanup"]
    assert {"_initialize_store", "_cleanup_store"} <= MemoryProvider.__abstractmethods__


async def test_storage_provider_by_its_hooks_alone() -> None:
    calls: list[str] = []

    class Storage(StorageProvider[None]):
        async def _initialize_storage(self) -> None:
            calls.append("initialize")
            self._storage: Any = object()

        async def _cleanup_storage(self) -> None:
            calls.append("cleanup")
            self._storage = None

    provider = Storage(metadata(type=ProviderType.STORAGE), None)
    assert provider.storage is None
    await provider.cleanup()
    assert calls == []
    await provider.initialize()
    assert provider.storage is not None
    await provider.reload()
    await provider.cleanup()
    assert calls == ["initialize", "cleanup", "initialize", "cleanup"]
    assert {"_initialize_storage", "_cleanup_storage"} <= StorageProvider.__abstractmethods__


# --- Monitor ----------------------------------------------------------------------------------------


def test_the_metrics_manager_is_one() -> None:
    assert MetricsManager.get_instance() is MetricsManager.get_instance()


def test_signatures() -> None:
    assert str(inspect.signature(ProviderMonitor.record_operation)) == (
        "(self, operation: 'str', provider_type: 'str', success: 'bool' = True, "
        "duration: 'float' = 0.0, **labels: 'str') -> 'None'"
    )
    assert inspect.iscoroutinefunction(ProviderMonitor.record_operation)


async def test_record_operation_counts_and_observes_success(metrics: MetricsManager) -> None:
    monitor = ProviderMonitor()
    await monitor.record_operation("put", "memory", True, 0.25, name="notes")
    await monitor.record_operation("put", "memory", False, 9.0, name="notes")
    text = exposition()[0].decode()
    ok, failed = ('name="notes",operation="put",success="%s",type="memory"' % s for s in ("true", "false"))
    assert f"provider_operations_total{{{ok}}} 1.0" in text
    assert f"provider_operations_total{{{failed}}} 1.0" in text
    assert f"provider_duration_seconds_sum{{{ok}}} 0.25" in text
    assert "9.0" not in text


async def test_record_operation_calls_the_metrics_manager_as_specified(
    metrics: MetricsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(MetricsManager, "counter", lambda self, *a, **k: calls.append(("counter", a, k)))
    monkeypatch.setattr(MetricsManager, "histogram", lambda self, *a, **k: calls.append(("histogram", a, k)))
    await ProviderMonitor().record_operation("put", "memory", True, 0.001, name="notes")
    who = {"operation": "put", "type": "memory", "name": "notes"}
    assert calls == [
        ("counter", ("provider_operations", 1), who | {"success": "true"}),
        ("histogram", ("provider_duration", 0.001), who),
    ]


async def test_record_operation_never_raises(metrics: MetricsManager, caplog: pytest.LogCaptureFixture) -> None:
    monitor = ProviderMonitor()
    await monitor.record_operation("put", "memory", type="clash")
    await monitor.record_operation("put", "memory", **NOT_A_LABEL)
    await monitor.record_operation("put", "memory", duration=float("nan"))
    await monitor.record_operation(object(), None, "yes", "long")  # type: ignore[arg-type]
    assert len(caplog.records) == 4
    assert all(vars(record)["provider_error"] for record in caplog.records)
    exposition()


async def test_labels_that_differ_between_calls_do_not_break_a_scrape(metrics: MetricsManager) -> None:
    monitor = ProviderMonitor()
    await monitor.record_operation("put", "memory", name="notes")
    await monitor.record_operation("put", "memory")
    await monitor.record_operation("put", "memory", region="eu")
    await monitor.record_operation("put", "memory", name="")  # an empty label is a missing one
    text = exposition()[0].decode()
    line = 'provider_operations_total{name="%s",operation="put",region="%s",success="true",type="memory"} %s'
    assert line % ("notes", "", "1.0") in text
    assert line % ("", "", "2.0") in text
    assert line % ("", "eu", "1.0") in text


async def test_no_log_record_attribute_is_overwritten(caplog: pytest.LogCaptureFixture) -> None:
    """`extra={"name": ...}` makes logging itself raise KeyError, but only where the level is enabled."""
    caplog.set_level(logging.DEBUG)
    async with ProviderManager() as manager:
        with pytest.raises(RuntimeError):
            await manager.register(Scripted(validate=raising(RuntimeError("x"))))
        await manager.register(Scripted())
        with pytest.raises(ValueError, match="already registered"):
            await manager.register(Scripted())
        with pytest.raises(ValueError, match="not found"):
            await manager.unregister("nobody")
    await ProviderMonitor().record_operation("put", "memory", **NOT_A_LABEL)
    assert len(caplog.records) > 4
    for record in caplog.records:
        extra = set(vars(record)) - LOG_RECORD_ATTRIBUTES - {"taskName"}
        assert extra
        assert all(key.startswith("provider_") for key in extra)
