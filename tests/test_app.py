"""A running system: start, failure, reload and stop, with the real manager."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import purveyor
from purveyor.app import Progress, ReloadSummary, System
from purveyor.catalog import Catalog, Driver
from purveyor.errors import (
    ConfigError,
    ManagerClosingError,
    NotStartedError,
    ProviderExistsError,
    ProviderNotFoundError,
    RegistrationAbortedError,
)
from purveyor.metadata import ProviderStatus
from purveyor.operations import operation
from purveyor.provider import Provider

calls: list[str] = []
gates: dict[str, asyncio.Event] = {}
import_entered, import_gate = threading.Event(), threading.Event()


@dataclass(frozen=True)
class ThingConfig:
    value: int = 0
    fail: str = ""
    wait: str = ""


class Thing(Provider[ThingConfig]):
    """Does what its config says: `fail` names the steps that fail, `wait` the one that waits for a gate."""

    def __init__(self, metadata: purveyor.ProviderMetadata, config: ThingConfig) -> None:
        super().__init__(metadata, config)
        if "build" in config.fail:
            raise RuntimeError(f"{metadata.name} cannot be built")

    async def _step(self, step: str) -> None:
        calls.append(f"{step} {self.metadata.name} {self.config.value}")
        if step in self.config.wait:
            gates.setdefault(f"{step} entered", asyncio.Event()).set()
            await gates.setdefault(step, asyncio.Event()).wait()
        if step in self.config.fail:
            raise RuntimeError(f"{self.metadata.name} fails to {step}")

    async def initialize(self) -> None:
        await self._step("initialize")

    async def cleanup(self) -> None:
        await self._step("cleanup")

    @operation
    async def value(self) -> int:
        await asyncio.sleep(0)
        return self.config.value


class Other(Thing):
    """Another driver with the same config."""


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    gates.clear()
    monkeypatch.chdir(tmp_path)
    for name in ("PURVEYOR_PROFILE", "PURVEYOR_DATA"):
        monkeypatch.delenv(name, raising=False)


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write purveyor.toml: `a="value = 1"` declares the provider a with that config."""

    def write_file(**providers: str) -> Path:
        text = ""
        for name, lines in providers.items():
            driver = "" if "driver" in lines else 'driver = "tests.test_app:Thing"'
            text += f"[providers.{name}]\n{driver}\n{lines}\n"
        file = tmp_path / "purveyor.toml"
        file.write_text(text.replace("; ", "\n"))
        return file

    return write_file


class TestOpen:
    async def test_a_file_a_string_a_mapping(self, write: Write) -> None:
        file = write(a="value = 1")
        mapping = {"providers": {"a": {"driver": "tests.test_app:Thing", "value": 1}}}
        for source in (file, str(file), mapping):
            async with purveyor.open(source) as providers:
                assert await providers.get("a", Thing).value() == 1
            assert providers.names() == ()
        assert calls == ["initialize a 1", "cleanup a 1"] * 3

    async def test_nothing_is_the_embedded_defaults(self, tmp_path: Path) -> None:
        async with purveyor.open() as providers:
            assert providers.names() == ("notes", "files")
            notes = providers.get("notes", purveyor.MemoryProvider)
            files = providers.get("files", purveyor.StorageProvider)
            await notes.put("n1", {"text": "the ship sails at dawn"})
            await files.put("log/2026.txt", b"...")
        assert (tmp_path / ".purveyor/notes.db").is_file()
        assert (tmp_path / ".purveyor/files/log/2026.txt").read_bytes() == b"..."
        async with purveyor.open() as providers:
            item = await providers.get("notes", purveyor.MemoryProvider).get("n1")
            assert item is not None
            assert item.value == {"text": "the ship sails at dawn"}

    async def test_a_profile(self, write: Write) -> None:
        file = write(a="value = 1")
        file.write_text(file.read_text() + "[profiles.dev.providers.a]\nvalue = 2")
        async with purveyor.open(file, profile="dev") as providers:
            assert await providers.get("a", Thing).value() == 2

    async def test_order_and_reverse_order(self, write: Write) -> None:
        async with purveyor.open(write(b="", a="", c="")):
            pass
        assert calls == [f"initialize {n} 0" for n in "bac"] + [f"cleanup {n} 0" for n in "cab"]

    async def test_an_invalid_configuration_starts_nothing(self, write: Write) -> None:
        with pytest.raises(ConfigError):
            async with purveyor.open(write(a="", b="valeu = 1")):
                pytest.fail("it was opened")
        assert calls == []

    async def test_an_error_in_the_block_stays_the_one_raised(self, write: Write) -> None:
        with pytest.raises(KeyError) as caught:
            async with purveyor.open(write(a="fail = 'cleanup'", b="")):
                raise KeyError("own")
        assert "cleanup b 0" in calls
        assert "a fails to cleanup" in caught.value.__notes__[0]

    async def test_errors_of_the_end_come_as_one_group(self, write: Write) -> None:
        with pytest.raises(ExceptionGroup) as caught:
            async with purveyor.open(write(a="fail = 'cleanup'", b="fail = 'cleanup'")):
                pass
        assert len(caught.value.exceptions) == 2


class TestStart:
    async def test_a_required_one_that_fails_stops_the_others(self, write: Write) -> None:
        system = System(write(a="fail = 'cleanup'", b="", c="fail = 'initialize'", d=""))
        with pytest.raises(RuntimeError, match="c fails to initialize") as caught:
            await system.start()
        assert calls == [
            *("initialize a 0", "initialize b 0", "initialize c 0"),
            *("cleanup c 0", "cleanup b 0", "cleanup a 0"),
        ]
        assert "a fails to cleanup" in caught.value.__notes__[-1]
        assert system.manager.names() == ()

    @pytest.mark.parametrize("step", ["initialize", "build"])
    async def test_an_optional_one_that_fails_is_left_out(
        self, write: Write, step: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with System(write(a="", b=f"required = false; fail = '{step}'", c="")) as system:
            assert system.manager.names() == ("a", "c")
            assert isinstance(system.failed["b"], RuntimeError)
        record = next(r for r in caplog.records if "going on without it" in r.getMessage())
        assert record.levelno == logging.WARNING
        assert record.provider_name == "b"  # type: ignore[attr-defined]

    async def test_an_optional_one_whose_driver_is_broken_is_left_out(self, write: Write) -> None:
        file = write(a="", b="driver = 'tests.config.needs_missing:X'; required = false")
        async with System(file) as system:
            assert system.manager.names() == ("a",)
            assert "missing_module_xyz" in str(system.failed["b"])

    async def test_progress_is_told(self, write: Write) -> None:
        system = System(write(a="", b="required = false; fail = 'initialize'"))
        seen: list[Progress] = []
        await system.start(seen.append)
        assert [(p.name, p.stage) for p in seen] == [
            ("a", "starting"),
            ("a", "ready"),
            ("b", "starting"),
            ("b", "failed"),
        ]
        assert seen[1].seconds > 0
        assert seen[1].error is None
        assert isinstance(seen[3].error, RuntimeError)
        await system.stop()

    async def test_a_second_start_is_refused_and_harms_nothing(self, write: Write) -> None:
        system = System(write(a="", b=""))
        outcomes = await asyncio.gather(system.start(), system.start(), return_exceptions=True)
        assert outcomes[0] is None
        assert isinstance(outcomes[1], ProviderExistsError)
        assert system.manager.names() == ("a", "b")
        await system.stop()

    async def test_it_can_be_started_again_after_a_stop(self, write: Write) -> None:
        system = System(write(a=""))
        for _ in range(2):
            async with system:
                assert system.manager.names() == ("a",)
        assert calls == ["initialize a 0", "cleanup a 0"] * 2

    async def test_a_cancelled_start_cleans_up(self, write: Write) -> None:
        system = System(write(a="", b="wait = 'initialize'"))
        task = asyncio.create_task(system.start())
        await gates.setdefault("initialize entered", asyncio.Event()).wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert calls[-2:] == ["cleanup b 0", "cleanup a 0"]
        assert system.manager.names() == ()

    async def test_a_stop_overtakes_a_start(self, write: Write) -> None:
        system = System(write(a="", b="wait = 'initialize'; required = false", c=""))
        task = asyncio.create_task(system.start())
        await gates.setdefault("initialize entered", asyncio.Event()).wait()
        await system.stop()
        with pytest.raises(RegistrationAbortedError):
            await task
        assert system.manager.names() == ()
        assert "initialize c 0" not in calls

    async def test_a_reload_that_waits_for_a_failing_start_does_not_hold_it_up(self, write: Write) -> None:
        system = System(write(a="", b="wait = 'initialize'; fail = 'initialize'"))
        start = asyncio.create_task(system.start())
        await gates.setdefault("initialize entered", asyncio.Event()).wait()
        reload = asyncio.create_task(system.reload())
        await asyncio.sleep(0)
        gates.setdefault("initialize", asyncio.Event()).set()
        with pytest.raises(RuntimeError, match="b fails to initialize"):
            await start
        with pytest.raises(NotStartedError):
            await reload

    async def test_a_progress_report_that_fails_stops_the_start(self, write: Write) -> None:
        def report(progress: Progress) -> None:
            if progress.name == "b":
                raise KeyError("own")

        system = System(write(a="", b=""))
        with pytest.raises(KeyError):
            await system.start(report)
        assert calls == ["initialize a 0", "cleanup a 0"]


class TestStartOnly:
    async def test_nothing_else_is_started(self, write: Write) -> None:
        system = System(write(a="", b="value = 2; required = false", c=""))
        provider = await system.start_only("b")
        assert provider is system.manager.get("b")
        assert calls == ["initialize b 2"]
        await system.stop()
        assert calls == ["initialize b 2", "cleanup b 2"]

    async def test_what_is_wrong_is_raised(self, write: Write) -> None:
        system = System(
            write(
                a="required = false; fail = 'initialize'",
                b="driver = 'tests.config.needs_missing:X'; required = false",
            )
        )
        with pytest.raises(ProviderNotFoundError):
            await system.start_only("c")
        with pytest.raises(RuntimeError, match="a fails to initialize"):
            await system.start_only("a")
        with pytest.raises(ImportError, match="missing_module_xyz"):
            await system.start_only("b")
        await system.stop()


class TestReload:
    async def test_only_what_changed_is_touched(self, write: Write) -> None:
        async with System(write(a="value = 1", b="value = 1", c="value = 1", d="value = 1")) as system:
            old = system.manager.get("b", Thing)
            calls.clear()
            write(
                e="value = 5",
                b="value = 2",
                c="value = 1; labels = { x = 'y' }",
                d="value = 1; driver = 'tests.test_app:Other'",
                a="value = 1; required = false",
            )
            summary = await system.reload()
            assert summary == ReloadSummary(
                added=("e",), removed=(), changed=("b", "c", "d"), unchanged=("a",), failed={}
            )
            assert calls == [
                *("initialize e 5",),
                *("cleanup b 2", "initialize b 2"),
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
            write(a="value = 2; driver = 'tests.test_app:Other'; fail = 'initialize'")
            summary = await system.reload()
            assert summary.failed.keys() == {"a"}
            assert type(system.manager.get("a")) is Thing
            assert await system.manager.get("a", Thing).value() == 1
            assert system.config.get("a").provider_class is Thing

    async def test_a_driver_that_cannot_be_built_disturbs_nothing(self, write: Write) -> None:
        async with System(write(a="value = 1")) as system:
            calls.clear()
            write(a="driver = 'tests.test_app:Other'; fail = 'build'", b="fail = 'build'")
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
                write(a="value = 2; driver = 'tests.test_app:Other'")
                summary = await system.reload()
            assert "what ran before could not be started again" in summary.failed["a"].__notes__[-1]
            assert system.manager.names() == ()
            assert (await system.reload()).added == ("a",)

    async def test_a_cleanup_that_fails_is_reported_and_its_provider_replaced(self, write: Write) -> None:
        system = System(write(a="value = 1; fail = 'cleanup'", b="fail = 'cleanup'"))
        await system.start()
        write(a="value = 2; driver = 'tests.test_app:Other'")
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

    @pytest.mark.parametrize("change", ["value = 2", "driver = 'tests.test_app:Other'"])
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
            "from tests.test_app import Thing, import_entered, import_gate\n"
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
                "import threading\nfrom tests.test_app import Thing\n"
                "class Slow(Thing):\n    thread = threading.current_thread().name\n"
            )
            write(a="", b="driver = 'slow_driver_xyz:Slow'")
            await system.reload()
            assert system.manager.get("b").thread != "MainThread"  # type: ignore[attr-defined]
        sys.modules.pop("slow_driver_xyz")


async def broken(self: object = None) -> None:
    raise RuntimeError("broken")


async def test_a_catalogue_can_be_given() -> None:
    catalog = Catalog([Driver("thing", "tests", "1", "tests.test_app:Thing")])
    async with System({"providers": {"a": {"driver": "thing"}}}, catalog=catalog) as system:
        assert system.manager.names() == ("a",)


def test_ctrl_c_cleans_up(write: Write, tmp_path: Path) -> None:
    file = write(a="driver = 'interrupted_xyz:Mine'")
    (tmp_path / "interrupted_xyz.py").write_text(
        "import purveyor\n"
        "class Mine(purveyor.Provider[dict]):\n"
        "    async def initialize(self): print('up', flush=True)\n"
        "    async def cleanup(self): print('down', flush=True)\n"
    )
    code = (
        "import asyncio, purveyor\n"
        "async def main():\n"
        f"    async with purveyor.open({str(file)!r}):\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "up\n"
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
    assert out == "down\n"
    assert err.rstrip().endswith("KeyboardInterrupt")
