"""Reloading a system, with the real manager."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.app import ReloadSummary, System
from purveyor.errors import (
    ConfigError,
    ManagerClosingError,
    NotStartedError,
    RegistrationAbortedError,
)
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.monitor.prometheus import exposition
from tests.app.things import Other, Thing, calls, gates, import_entered, import_gate

Write = Callable[..., Path]


class TestReload:
    async def test_only_what_changed_is_touched(self, write: Write, metrics: MetricsManager) -> None:
        async with System(write(a="value = 1", b="value = 1", c="value = 1", d="value = 1")) as system:
            old = system.manager.get("b", Thing)
            calls.clear()
            write(
                e="value = 5",
                b="value = 2",
                c="value = 1; labels = { x = 'y' }",
                d="value = 1; driver = 'tests.app.things:Other'",
                a="value = 1; required = false",
            )
            summary = await system.reload()
            assert system.revision == 2
            assert b"provider_config_revision 2.0" in exposition()[0]
            assert summary == ReloadSummary(
                added=("e",), removed=(), changed=("b", "c", "d"), unchanged=("a",), failed={}
            )
            assert calls == [
                *("initialize e 5",),
                *("cleanup b 1", "initialize b 2"),
                *("cleanup c 1", "initialize c 1"),
                *("cleanup d 1", "initialize d 1"),
            ]
            assert system.manager.get("b") is old
            assert await old.value() == 2
            assert isinstance(system.manager.get("d"), Other)
            assert system.manager.get("c").metadata.labels == {"x": "y"}
            assert not system.config.get("a").required
            calls.clear()
            write(e="value = 5")
            summary = await system.reload()
            assert summary.unchanged == ("e",)
            assert sorted(summary.removed) == ["a", "b", "c", "d"]
            assert system.manager.names() == ("e",)
            assert system.config.names == ("e",)

    async def test_the_same_file_is_read_after_a_change_of_the_working_directory(
        self, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(a="value = 1")
        async with System("purveyor.toml") as system:
            (tmp_path / "elsewhere").mkdir()
            monkeypatch.chdir(tmp_path / "elsewhere")
            write(a="value = 2")
            assert (await system.reload()).changed == ("a",)

    async def test_an_invalid_configuration_changes_nothing(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            before = system.config
            calls.clear()
            write(a="value = 'x'", b="")
            with pytest.raises(ConfigError):
                await system.reload()
            assert system.config is before
            assert calls == []
            assert await system.manager.get("a", Thing).value() == 1
            write(a="value = 3")
            assert (await system.reload()).changed == ("a",)

    async def test_a_config_that_fails_is_put_back(self, write: Write, caplog: pytest.LogCaptureFixture) -> None:
        async with System(write(a="value = 1")) as system:
            write(a="value = 2; fail = 'initialize'")
            summary = await system.reload()
            assert isinstance(summary.failed["a"], RuntimeError)
            assert summary.changed == ()
            assert system.failed == summary.failed
            assert await system.manager.get("a", Thing).value() == 1
            assert system.config.get("a").config.value == 1
            assert system.manager.status("a") is ProviderStatus.READY
            assert "Reload of provider a failed: a fails to initialize" in caplog.text
            write(a="value = 3")
            assert (await system.reload()).changed == ("a",)
            assert system.failed == {}

    async def test_a_provider_that_cannot_go_back_is_failed_and_tried_again(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            # Its class fails whatever the config is, for as long as the test says so.
            thing = system.manager.get("a", Thing)
            initialize, thing.initialize = thing.initialize, broken  # type: ignore[method-assign]
            write(a="value = 2")
            summary = await system.reload()
            assert "with its old config it failed as well" in summary.failed["a"].__notes__[-1]
            assert system.manager.status("a") is ProviderStatus.FAILED
            write(a="value = 1")
            assert (await system.reload()).failed.keys() == {"a"}
            thing.initialize = initialize  # type: ignore[method-assign]
            assert (await system.reload()).changed == ("a",)
            assert await thing.value() == 1

    async def test_a_driver_that_fails_is_put_back(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            write(a="value = 2; driver = 'tests.app.things:Other'; fail = 'initialize'")
            summary = await system.reload()
            assert summary.failed.keys() == {"a"}
            assert type(system.manager.get("a")) is Thing
            assert await system.manager.get("a", Thing).value() == 1
            assert system.config.get("a").provider_class is Thing

    async def test_a_driver_that_cannot_be_built_disturbs_nothing(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            calls.clear()
            write(a="driver = 'tests.app.things:Other'; fail = 'build'", b="fail = 'build'")
            assert (await system.reload()).failed.keys() == {"a", "b"}
            assert calls == []
            assert await system.manager.get("a", Thing).value() == 1
            assert system.config.names == ("a", "b")

    async def test_a_driver_that_cannot_be_put_back_is_started_by_the_next_reload(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with System(write(a="value = 1")) as system:
            with monkeypatch.context() as patch:
                patch.setattr(Thing, "initialize", broken)
                write(a="value = 2; driver = 'tests.app.things:Other'")
                summary = await system.reload()
            assert "what ran before could not be started again" in summary.failed["a"].__notes__[-1]
            assert system.manager.names() == ()
            assert (await system.reload()).added == ("a",)

    async def test_a_cleanup_that_fails_is_reported_and_its_provider_replaced(self, write: Write) -> None:
        system = System(write(a="value = 1; fail = 'cleanup'", b="fail = 'cleanup'"))
        await system.start()
        write(a="value = 2; driver = 'tests.app.things:Other'")
        summary = await system.reload()
        assert summary.failed.keys() == {"a", "b"}
        assert summary.changed == ("a",)
        assert await system.manager.get("a", Other).value() == 2
        assert system.manager.names() == ("a",)
        await system.stop()

    async def test_an_optional_one_that_failed_is_tried_again(self, write: Write) -> None:
        async with System(write(a="required = false; fail = 'initialize'", b="")) as system:
            write(a="required = false", b="")
            assert await system.reload() == ReloadSummary(added=("a",), unchanged=("b",))

    async def test_one_that_cannot_be_imported_any_more_keeps_running(self, write: Write) -> None:
        async with System(write(a="value = 1; required = false")) as system:
            write(a="driver = 'tests.config.needs_missing:X'; required = false")
            summary = await system.reload()
            assert summary == ReloadSummary()
            assert system.failed.keys() == {"a"}
            assert system.config.names == ("a",)
            assert await system.manager.get("a", Thing).value() == 1

    async def test_one_that_was_unregistered_by_hand_is_started_again(self, write: Write) -> None:
        async with System(write(a="", b="")) as system:
            await system.manager.unregister("a")
            await system.manager.unregister("b")
            write(a="")
            assert await system.reload() == ReloadSummary(added=("a",), removed=("b",))

    async def test_no_operation_fails_meanwhile(self, write: Write) -> None:
        async with System(write(a="value = 0")) as system:
            thing = system.manager.get("a", Thing)
            results: list[int] = []
            done = False

            async def work() -> None:
                while not done:
                    results.append(await thing.value())

            async with asyncio.TaskGroup() as group:
                for _ in range(4):
                    group.create_task(work())
                for value in range(1, 6):
                    write(a=f"value = {value}")
                    await system.reload()
                done = True
            assert {0, 5} <= set(results)

    async def test_it_has_to_run(self, write: Write) -> None:
        system = System(write(a=""))
        with pytest.raises(NotStartedError):
            await system.reload()
        await system.start()
        await system.stop()
        with pytest.raises(NotStartedError, match="not running; start it first"):
            await system.reload()
        assert system.manager.names() == ()

    async def test_two_at_once_come_one_after_the_other(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            write(a="value = 2")
            first, second = await asyncio.gather(system.reload(), system.reload())
            assert (first.changed, second.unchanged) == (("a",), ("a",))

    async def test_a_cancelled_caller_waits_until_it_is_over(self, write: Write) -> None:
        gates["initialize"] = asyncio.Event()
        async with System(write(a="value = 1", b="value = 1")) as system:
            write(a="value = 2; wait = 'initialize'", b="value = 2")
            task = asyncio.create_task(system.reload())
            await gates.setdefault("initialize entered", asyncio.Event()).wait()
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
            gates["initialize"].set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await system.manager.get("b", Thing).value() == 2
            assert system.config.get("b").config.value == 2

    @pytest.mark.parametrize("change", ["value = 2", "driver = 'tests.app.things:Other'"])
    async def test_a_stop_overtakes_it(self, write: Write, change: str) -> None:
        system = System(write(a="value = 1", b="value = 1"))
        await system.start()
        write(a=f"{change}; wait = 'initialize'", b="value = 2", c="")
        task = asyncio.create_task(system.reload())
        await gates.setdefault("initialize entered", asyncio.Event()).wait()
        stop = asyncio.create_task(system.stop())
        for _ in range(5):
            await asyncio.sleep(0)
        gates.setdefault("initialize", asyncio.Event()).set()
        await stop
        with pytest.raises((ManagerClosingError, RegistrationAbortedError)):
            await task
        assert system.manager.names() == ()
        assert "initialize c 0" not in calls

    async def test_a_caller_that_left_for_good_leaves_no_noise(self, write: Write) -> None:
        system = System(write(a="value = 1", b="value = 1"))
        await system.start()
        write(a="value = 2; wait = 'initialize'", b="")
        task = asyncio.create_task(system.reload())
        await gates.setdefault("initialize entered", asyncio.Event()).wait()
        for _ in range(2):  # the second cancellation is immediate
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        gates.setdefault("initialize", asyncio.Event()).set()
        await system.stop()
        assert not system._reloads

    async def test_a_stop_waits_for_one_that_still_reads(self, write: Write, tmp_path: Path) -> None:
        (tmp_path / "gated_driver_xyz.py").write_text(
            "from tests.app.things import Thing, import_entered, import_gate\n"
            "import_entered.set(); import_gate.wait()\n"
            "class Gated(Thing): pass\n"
        )
        system = System(write(a="value = 1"))
        await system.start()
        write(a="value = 2", b="driver = 'gated_driver_xyz:Gated'")
        task = asyncio.create_task(system.reload())
        await asyncio.to_thread(import_entered.wait)
        stop = asyncio.create_task(system.stop())
        while system.manager.names():
            await asyncio.sleep(0)
        import_gate.set()
        await stop
        with pytest.raises(ManagerClosingError):
            await task
        assert system.manager.names() == ()
        sys.modules.pop("gated_driver_xyz")

    async def test_one_that_ends_with_its_event_loop_is_cancelled(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            write(a="value = 2; wait = 'initialize'")
            caller = asyncio.create_task(system.reload())
            await gates.setdefault("initialize entered", asyncio.Event()).wait()
            (reload,) = system._reloads
            reload.cancel()  # as asyncio.run does at its end
            with pytest.raises(asyncio.CancelledError):
                await caller
            gates.setdefault("initialize", asyncio.Event()).set()

    async def test_the_source_is_read_off_the_event_loop(self, write: Write, tmp_path: Path) -> None:
        async with System(write(a="")) as system:
            (tmp_path / "slow_driver_xyz.py").write_text(
                "import threading\nfrom tests.app.things import Thing\n"
                "class Slow(Thing):\n    thread = threading.current_thread().name\n"
            )
            write(a="", b="driver = 'slow_driver_xyz:Slow'")
            await system.reload()
            assert system.manager.get("b").thread != "MainThread"  # type: ignore[attr-defined]
        sys.modules.pop("slow_driver_xyz")


async def broken(self: object = None) -> None:
    raise RuntimeError("broken")
