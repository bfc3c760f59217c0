"""Reloading a system, with the real manager."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.app import ReloadSummary, System
from purveyor.config.diff import Change, ConfigDiff
from purveyor.errors import (
    ConfigError,
    ManagerClosingError,
    NeedsError,
    NotStartedError,
    OperationTimeoutError,
    ProviderInUseError,
    ProviderNotFoundError,
    RegistrationAbortedError,
    StartFailedError,
)
from purveyor.events import ConfigRefused, ConfigReloaded, Event
from purveyor.metadata import ProviderStatus
from purveyor.monitor.metrics import MetricsManager
from purveyor.monitor.prometheus import exposition
from tests.app.things import Modest, Needy, Other, Seeker, Thing, calls, gates, import_entered, import_gate

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
            assert summary == ReloadSummary(added=("e",), changed=("b", "c", "d", "a"), failed={})
            assert sorted(calls) == [
                *("cleanup b 1", "cleanup c 1", "cleanup d 1"),
                *("initialize b 2", "initialize c 1", "initialize d 1", "initialize e 5"),
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

    async def test_a_file_that_is_just_being_written_anew_stops_nothing(self, write: Write) -> None:
        file = write(a="value = 1")
        async with System(file) as system:
            file.write_text("")
            for attempt in (system.plan, system.reload):
                with pytest.raises(ConfigError, match="purveyor.toml: the file is empty"):
                    await attempt()
            assert await system.manager.get("a", Thing).value() == 1
            file.write_text("[providers]")
            assert (await system.reload()).removed == ("a",)
            file.write_text("")
            assert await system.reload() == ReloadSummary()

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
            assert "what ran before could not be started again" in summary.failed["a"].__notes__[-1]
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
            assert system.manager.status("a") is ProviderStatus.FAILED
            assert (await system.reload()).changed == ("a",)
            assert await system.manager.get("a", Other).value() == 2

    async def test_a_cleanup_that_fails_is_reported_and_its_provider_replaced(
        self, write: Write, caplog: pytest.LogCaptureFixture
    ) -> None:
        system = System(write(a="value = 1; fail = 'cleanup'", b="fail = 'cleanup'"))
        await system.start()
        write(a="value = 2; driver = 'tests.app.things:Other'")
        summary = await system.reload()
        assert summary.failed.keys() == {"b"}
        assert summary.changed == ("a",)
        assert "a fails to cleanup" in caplog.text
        assert await system.manager.get("a", Other).value() == 2
        assert system.manager.names() == ("a",)
        await system.stop()

    async def test_an_optional_one_that_failed_is_tried_again(self, write: Write) -> None:
        async with System(write(a="required = false; fail = 'initialize'", b="")) as system:
            assert system.failed.keys() == {"a"}
            again = await system.reload()
            assert again.failed.keys() == {"a"}
            assert again.unchanged == ("b",)
            write(a="required = false", b="")
            assert await system.reload() == ReloadSummary(changed=("a",), unchanged=("b",))
            assert system.failed == {}
            assert await system.manager.get("a", Thing).value() == 0

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

    async def test_those_that_are_asked_for_before_one_reads_are_one(self, write: Write) -> None:
        async with System(write(a="value = 1", b="value = 1")) as system:
            write(a="value = 2", b="value = 2")
            outcomes = await asyncio.gather(
                system.reload("a"), system.reload(), system.reload("x"), return_exceptions=True
            )
            assert outcomes[0] is outcomes[1]
            assert outcomes[0] == ReloadSummary(changed=("a", "b"))
            assert isinstance(outcomes[2], ProviderNotFoundError)
            assert system.revision == 2

    async def test_the_last_configuration_wins(self, write: Write) -> None:
        gate = gates["initialize"] = asyncio.Event()
        async with System(write(a="value = 1")) as system:
            write(a="value = 2; wait = 'initialize'")
            first = asyncio.create_task(system.reload())
            await gates.setdefault("initialize entered", asyncio.Event()).wait()
            write(a="value = 3")
            second, third = asyncio.create_task(system.reload()), asyncio.create_task(system.reload())
            await asyncio.sleep(0)
            write(a="value = 4")
            gate.set()
            assert (await first).changed == ("a",)
            assert await second is await third
            assert await system.manager.get("a", Thing).value() == 4

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
        write(a=f"{change}; wait = 'initialize'", b="value = 2", c=NEEDY % "a")
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

    async def test_it_is_an_event(self, write: Write) -> None:
        events: list[Event] = []
        async with System(write(a="value = 1", b="")) as system:
            system.manager.subscribe(
                lambda event: events.append(event) if isinstance(event, ConfigReloaded | ConfigRefused) else None
            )
            write(a="value = 2", c="fail = 'initialize'", d="")
            await system.reload()
            write(a="valeu = 2")
            with pytest.raises(ConfigError):
                await system.reload()
            while len(events) < 2:
                await asyncio.sleep(0)
        reloaded, refused = events
        assert isinstance(reloaded, ConfigReloaded)
        assert isinstance(refused, ConfigRefused)
        assert (reloaded.added, reloaded.changed, reloaded.removed) == (("d",), ("a",), ("b",))
        assert reloaded.failed == {"c": "RuntimeError: c fails to initialize"}
        assert "did you mean 'value'?" in refused.error


NEEDY = "driver = 'tests.app.things:Needy'; needs = { other = '%s' }"


class TestGraph:
    async def test_what_is_new_starts_before_who_turns_to_it_and_what_is_left_stops_last(
        self, write: Write
    ) -> None:
        async with System(write(old="value = 1", a=NEEDY % "old")) as system:
            calls.clear()
            write(a=NEEDY % "new" + "; value = 1", new="value = 2")
            assert await system.reload() == ReloadSummary(added=("new",), changed=("a",), removed=("old",))
            assert calls == ["initialize new 2", "cleanup a 0", "initialize a 1", "cleanup old 1"]
            assert system.manager.get("a", Needy).other is system.manager.get("new")

    async def test_what_nobody_needs_makes_room_first(self, write: Write) -> None:
        async with System(write(base="", a=NEEDY % "base", b=NEEDY % "a")) as system:
            calls.clear()
            write(new="")
            summary = await system.reload()
            assert summary == ReloadSummary(added=("new",), removed=("base", "a", "b"))
            assert calls == ["cleanup b 0", "cleanup a 0", "cleanup base 0", "initialize new 0"]

    async def test_each_is_changed_after_what_it_needs(self, write: Write) -> None:
        """Also where what is between them stays as it is, and where the needs are turned round."""
        async with System(write(c="", b=NEEDY % "c", a=NEEDY % "b")) as system:
            calls.clear()
            write(c=NEEDY % "b" + "; value = 1", b=NEEDY % "a", a="value = 1")
            summary = await system.reload()
            assert summary.failed == {}
            assert [call for call in calls if "initialize" in call] == [
                "initialize a 1",
                "initialize b 0",
                "initialize c 1",
            ]
            assert system.manager.get("c", Needy).other is system.manager.get("b")
            calls.clear()
            write(c=NEEDY % "b" + "; value = 2", b=NEEDY % "a", a="driver = 'tests.app.things:Thing'; value = 2")
            await system.reload()
            assert calls == ["cleanup a 1", "initialize a 2", "cleanup c 1", "initialize c 2"]

    async def test_a_capability_is_followed_to_whoever_answers_for_it_now(self, write: Write) -> None:
        seeker = "driver = 'tests.app.things:Seeker'"
        async with System(write(a=seeker, b="capabilities = ['embed']")) as system:
            seeking = system.manager.get("a", Seeker)
            write(a=seeker, c="capabilities = ['embed']")
            assert await system.reload() == ReloadSummary(added=("c",), changed=("a",), removed=("b",))
            assert seeking.other is system.manager.get("c")
            write(a=seeker, c="capabilities = ['embed']", d="capabilities = ['embed']")
            with pytest.raises(ConfigError):
                await system.reload()

    async def test_taking_away_what_others_need_is_refused(self, write: Write) -> None:
        async with System(write(a=NEEDY % "b", b="")) as system:
            write(a=NEEDY % "b")
            with pytest.raises(ConfigError, match="there is no provider 'b'"):
                await system.reload()
            assert system.manager.names() == ("b", "a")

    async def test_who_could_not_change_keeps_what_it_needs(self, write: Write) -> None:
        async with System(write(old="value = 1", a=NEEDY % "old")) as system:
            write(new="", a=NEEDY % "new" + "; fail = 'initialize'")
            summary = await system.reload()
            assert summary.added == ("new",)
            assert isinstance(summary.failed["old"], ProviderInUseError)
            assert "a fails to initialize" in str(summary.failed["a"])
            assert await system.manager.get("a", Needy).other.value() == 1
            write(new="", a=NEEDY % "new")
            assert await system.reload() == ReloadSummary(changed=("a",), removed=("old",), unchanged=("new",))

    async def test_who_needs_what_could_not_be_started_stays_as_it_is(self, write: Write) -> None:
        async with System(write(old="", a=NEEDY % "old")) as system:
            write(new="fail = 'initialize'", a=NEEDY % "new", b=NEEDY % "new", old="")
            summary = await system.reload()
            assert summary.failed.keys() == {"new", "a", "b"}
            assert system.manager.get("a", Needy).other is system.manager.get("old")
            assert system.manager.names() == ("old", "a")

    async def test_an_optional_need_of_one_that_failed_stays_open(self, write: Write) -> None:
        modest = "driver = 'tests.app.things:Modest'; needs = { other = 'new' }"
        async with System(write(x="")) as system:
            write(x="", new="fail = 'initialize'", a=modest)
            assert (await system.reload()).added == ("a",)
            assert system.manager.get("a", Modest).other is None

    async def test_an_optional_one_that_is_new_and_fails_is_tried_again(self, write: Write) -> None:
        async with System(write(x="")) as system:
            write(x="", a="required = false; fail = 'initialize'")
            summary = await system.reload()
            assert isinstance(summary.failed["a"], StartFailedError)
            assert system.manager.status("a") is ProviderStatus.FAILED
            assert [change.action for change in (await system.plan()).changes] == ["restart"]


class TestHow:
    async def test_a_swap_keeps_the_old_one_until_the_new_one_serves(self, write: Write) -> None:
        swapping = "driver = 'tests.app.things:Swapping'; value = %d"
        async with System(write(a=swapping % 1)) as system:
            old = system.manager.get("a", Thing)
            calls.clear()
            write(a=swapping % 2)
            assert (await system.reload()).changed == ("a",)
            assert calls == ["initialize a 2", "cleanup a 1"]
            assert system.manager.get("a") is not old
            assert await old.value() == 2

    async def test_a_policy_alone_reloads_nothing(self, write: Write) -> None:
        async with System(write(a="")) as system:
            calls.clear()
            write(a="policy = { timeout = '1ms' }")
            assert await system.reload() == ReloadSummary(changed=("a",))
            assert calls == []
            with pytest.raises(OperationTimeoutError):
                await system.manager.get("a", Thing).hold()
            write(a="")
            await system.reload()
            assert calls == []
            assert await system.manager.get("a", Thing).value() == 0

    async def test_a_policy_that_changes_with_its_config_changes_as_it_does(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            calls.clear()
            write(a="value = 2; policy = { reload = 'swap' }")
            await system.reload()
            assert calls == ["initialize a 2", "cleanup a 1"]

    async def test_what_is_declared_about_watching_is_in_force(self, write: Write) -> None:
        file = write(a="")
        file.write_text(file.read_text() + "[supervision]\nbudget = 7\n[server]\nport = 1\n")
        async with System(file) as system:
            assert system.config.supervision.budget == 7
            write(a="")
            assert (await system.plan()).postponed == ("server.port", "supervision.budget")
            assert (await system.reload()).postponed == ("server.port", "supervision.budget")
            assert (await system.plan()).postponed == ("server.port", "supervision.budget")


class TestOne:
    async def test_only_that_one_is_changed(self, write: Write) -> None:
        async with System(write(a="value = 1", b="value = 1", c="")) as system:
            calls.clear()
            write(a="value = 2", b="value = 2", d="")
            assert await system.reload("a") == ReloadSummary(changed=("a",), unchanged=("b", "c"))
            assert calls == ["cleanup a 1", "initialize a 2"]
            assert system.config.names == ("a", "b", "c")
            assert await system.reload("d") == ReloadSummary(added=("d",), unchanged=("a", "b", "c"))
            assert await system.reload("c") == ReloadSummary(removed=("c",), unchanged=("a", "b", "d"))
            assert await system.reload() == ReloadSummary(changed=("b",), unchanged=("a", "d"))

    async def test_one_that_did_not_change_is_reloaded_as_it_is(self, write: Write) -> None:
        async with System(write(a="value = 1", b="")) as system:
            calls.clear()
            assert await system.reload("a") == ReloadSummary(changed=("a",), unchanged=("b",))
            assert calls == ["cleanup a 1", "initialize a 1"]

    async def test_one_that_there_is_not(self, write: Write) -> None:
        async with System(write(alpha="")) as system:
            with pytest.raises(ProviderNotFoundError, match="did you mean 'alpha'"):
                await system.reload("alpa")
            assert calls == ["initialize alpha 0"]

    async def test_what_would_leave_needs_open_is_refused(self, write: Write) -> None:
        async with System(write(a=NEEDY % "b", b="")) as system:
            calls.clear()
            write(a="driver = 'tests.app.things:Thing'")
            with pytest.raises(NeedsError, match="there is no provider 'b'"):
                await system.reload("b")
            assert calls == []
            await system.reload("a")
            await system.reload("b")
            assert system.manager.names() == ("a",)

    async def test_one_whose_driver_cannot_be_imported_any_more(self, write: Write) -> None:
        async with System(write(a="required = false", b="required = false")) as system:
            missing = "driver = 'tests.config.needs_missing:X'; required = false"
            write(a=missing, b=missing)
            summary = await system.reload("a")
            assert (summary.changed, summary.unchanged) == ((), ("b",))
            assert system.failed.keys() == {"a"}
            assert system.manager.names() == ("a", "b")


class TestPlan:
    async def test_it_is_what_a_reload_does_and_does_nothing(self, write: Write) -> None:
        async with System(write(a="value = 1", b="", c="")) as system:
            calls.clear()
            write(a="value = 2; policy = { reload = 'swap' }", c="", d="")
            plan = await system.plan()
            assert plan == ConfigDiff(
                (
                    Change("a", "changed", "swap", ("value", "policy.reload")),
                    Change("d", "added", "start"),
                    Change("b", "removed", "stop"),
                ),
                unchanged=("c",),
            )
            assert calls == []
            assert system.manager.names() == ("a", "b", "c")
            summary = await system.reload()
            assert (summary.changed, summary.added, summary.removed) == (("a",), ("d",), ("b",))
            assert not await system.plan()

    async def test_it_has_to_run_and_to_be_valid(self, write: Write) -> None:
        system = System(write(a=""))
        with pytest.raises(NotStartedError):
            await system.plan()
        async with system:
            write(a="valeu = 1")
            with pytest.raises(ConfigError):
                await system.plan()


async def broken(self: object = None) -> None:
    raise RuntimeError("broken")
