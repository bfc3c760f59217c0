"""Opening, starting and stopping a system, with the real manager."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

import purveyor
from purveyor.app import System
from purveyor.catalog import Catalog, Driver
from purveyor.errors import (
    ConfigError,
    ManagerClosingError,
    NeedFailedError,
    NotStartedError,
    ProviderExistsError,
    ProviderNotFoundError,
    RegistrationAbortedError,
    StartFailedError,
)
from purveyor.manager import Registration
from purveyor.metadata import ProviderStatus
from tests.app.things import Modest, Needy, Thing, calls, gates

Write = Callable[..., Path]


class TestOpen:
    async def test_a_file_a_string_a_mapping(self, write: Write) -> None:
        file = write(a="value = 1")
        mapping = {"providers": {"a": {"driver": "tests.app.things:Thing", "value": 1}}}
        for source in (file, str(file), mapping):
            async with purveyor.open(source) as providers:
                assert await providers.get("a", Thing).value() == 1
            assert providers.names() == ()
        assert calls == ["initialize a 1", "cleanup a 1"] * 3

    async def test_nothing_is_the_embedded_defaults(self, tmp_path: Path) -> None:
        async with purveyor.open() as providers:
            assert sorted(providers.names()) == ["files", "notes"]
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
        assert calls[:3] == ["initialize a 0", "initialize b 0", "initialize c 0"]
        assert {"cleanup a 0", "cleanup b 0", "cleanup c 0"} <= {*calls}
        notes = "\n".join(caught.value.__notes__)
        assert "a fails to cleanup" in notes
        assert "provider c failed to start" in notes
        assert system.manager.registered_names() == ()

    async def test_each_starts_as_soon_as_what_it_needs_is_ready(self, write: Write) -> None:
        needy = "driver = 'tests.app.things:Needy'; needs = { other = 'b' }"
        gate, entered = gates["initialize"], gates["initialize entered"] = asyncio.Event(), asyncio.Event()
        system = System(write(a=needy, b="wait = 'initialize'", c=""))
        start = asyncio.create_task(system.start())
        await entered.wait()
        while "c" not in system.manager:
            await asyncio.sleep(0)
        assert system.manager.names() == ("c",)
        gate.set()
        await start
        async with AsyncExitStack() as stack:
            stack.push_async_exit(system)
            assert system.manager.get("a", Needy).other is system.manager.get("b")
        assert calls == [
            *("initialize b 0", "initialize c 0", "initialize a 0"),
            *("cleanup c 0", "cleanup a 0", "cleanup b 0"),
        ]

    @pytest.mark.parametrize(
        ("step", "problem"), [("initialize", "fails to initialize"), ("build", "cannot be built")]
    )
    async def test_an_optional_one_that_fails_is_left_out(
        self, write: Write, step: str, problem: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with System(write(a="", b=f"required = false; fail = '{step}'", c="")) as system:
            assert system.manager.names() == ("a", "c")
            assert f"b {problem}" in str(system.failed["b"])
        record = next(r for r in caplog.records if f"b {problem}" in r.getMessage())
        assert record.levelno >= logging.WARNING
        assert record.provider_name == "b"  # type: ignore[attr-defined]

    async def test_an_optional_one_that_failed_is_there_to_be_tried_again(self, write: Write) -> None:
        async with System(write(a="", b="required = false; fail = 'initialize'")) as system:
            assert system.manager.status("b") is ProviderStatus.FAILED
            assert isinstance(system.failed["b"], StartFailedError)

    async def test_why_each_of_many_failed(self) -> None:
        one = {"driver": "tests.app.things:Thing", "required": False, "fail": "initialize"}
        async with System({"providers": {f"p{number}": one for number in range(200)}}) as system:
            assert len(system.failed) == 200
            assert all(f"{name} fails to initialize" in str(error) for name, error in system.failed.items())

    async def test_who_needs_one_that_cannot_be_built_is_left_out_as_well(self, write: Write) -> None:
        needs = "required = false; driver = 'tests.app.things:{}'; needs = {{ other = '{}' }}"
        file = write(
            a="required = false; fail = 'build'",
            b=needs.format("Needy", "a"),
            c=needs.format("Needy", "b"),
            d=needs.format("Modest", "a"),
        )
        async with System(file) as system:
            assert system.manager.names() == ("d",)
            assert system.manager.get("d", Modest).other is None
            assert "b was not started: a, which it needs, is not there" in str(system.failed["b"])
            assert "because a failed" in str(system.failed["c"])
        file = write(a="required = false; fail = 'build'", b=needs.format("Needy", "a").replace("false", "true"))
        calls.clear()
        with pytest.raises(NeedFailedError):
            await System(file).start()
        assert calls == []

    async def test_nothing_to_start(self, write: Write) -> None:
        async with System(write(a="required = false; fail = 'build'")) as system:
            assert system.manager.names() == ()
            assert (await system.reload()).failed.keys() == {"a"}

    async def test_an_optional_one_whose_driver_is_broken_is_left_out(self, write: Write) -> None:
        file = write(a="", b="driver = 'tests.config.needs_missing:X'; required = false")
        async with System(file) as system:
            assert system.manager.names() == ("a",)
            assert "missing_module_xyz" in str(system.failed["b"])

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
        assert sorted(calls[-2:]) == ["cleanup a 0", "cleanup b 0"]
        assert system.manager.names() == ()

    async def test_a_stop_overtakes_a_start(self, write: Write) -> None:
        needy = "driver = 'tests.app.things:Needy'; needs = { other = 'b' }"
        system = System(write(a="", b="wait = 'initialize'; required = false", c=needy))
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

    async def test_a_stop_at_the_very_end_of_a_start(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        system = System(write(a="", b=""))
        register_all = system.manager.register_all

        async def register_and_stop(registrations: list[Registration]) -> None:
            await register_all(registrations)
            await system.stop()

        monkeypatch.setattr(system.manager, "register_all", register_and_stop)
        with pytest.raises(ManagerClosingError):
            await system.start()
        with pytest.raises(NotStartedError):
            await system.reload()
        assert system.manager.names() == ()


class TestStartOnly:
    async def test_nothing_else_is_started(self, write: Write) -> None:
        system = System(write(a="", b="value = 2; required = false", c=""))
        provider = await system.start_only("b")
        assert provider is system.manager.get("b")
        assert calls == ["initialize b 2"]
        await system.stop()
        assert calls == ["initialize b 2", "cleanup b 2"]

    async def test_what_it_needs_is_started_too(self, write: Write) -> None:
        needs = "driver = 'tests.app.things:Needy'; needs = {{ other = '{}' }}"
        system = System(write(a=needs.format("b"), b=needs.format("c"), c="", d=""))
        await system.start_only("a")
        assert calls == ["initialize c 0", "initialize b 0", "initialize a 0"]
        await system.stop()
        assert calls[3:] == ["cleanup a 0", "cleanup b 0", "cleanup c 0"]

    async def test_a_stop_overtakes_it(self, write: Write) -> None:
        system = System(write(a="wait = 'initialize'"))
        task = asyncio.create_task(system.start_only("a"))
        await gates.setdefault("initialize entered", asyncio.Event()).wait()
        await system.stop()
        with pytest.raises(RegistrationAbortedError):
            await task

    async def test_a_stop_at_its_very_end(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        system = System(write(a=""))

        async def register_and_stop(_: list[Registration]) -> None:
            await system.stop()

        monkeypatch.setattr(system.manager, "register_all", register_and_stop)
        with pytest.raises(ManagerClosingError):
            await system.start_only("a")

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


async def test_a_catalogue_can_be_given() -> None:
    catalog = Catalog([Driver("thing", "tests", "1", "tests.app.things:Thing")])
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
