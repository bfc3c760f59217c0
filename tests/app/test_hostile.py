"""Drivers that raise what ends a program, or show their secrets in errors; and an eager event loop."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.app import System
from purveyor.errors import ConfigError, StartFailedError
from tests.app import things

Write = Callable[..., Path]

SECRET = "hunter2-hunter2"
LEAKY = 'driver = "tests.app.things:Leaky"'


class Panic(BaseException):
    pass


ENDS = [SystemExit(7), KeyboardInterrupt(), Panic("no way"), asyncio.CancelledError()]


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
class TestWhatEndsAProgram:
    async def test_a_constructor_that_raises_it_is_a_failed_provider(
        self, write: Write, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        def refuse(*_: object) -> None:
            raise error

        async with System(write(a="value = 1")) as system:
            monkeypatch.setattr(things.Swapping, "__init__", refuse)
            write(a="value = 2", b="driver = 'tests.app.things:Swapping'", c="value = 3")
            summary = await system.reload()
            assert isinstance(failure := summary.failed["b"], StartFailedError)
            assert type(error).__name__ in str(failure)
            assert (summary.added, summary.changed) == (("c",), ("a",))
            assert {*system._running} == {*system.manager.registered_names()} == {"a", "c"}
            monkeypatch.undo()
            assert (await system.reload()).added == ("b",)

    async def test_an_import_that_raises_it_refuses_the_configuration(
        self, write: Write, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise error

        async with System(write(a="value = 1")) as system:
            with monkeypatch.context() as patch:
                patch.setattr(System, "_load_again", refuse)
                with pytest.raises(ConfigError, match=f"cannot be loaded: {type(error).__name__}"):
                    await system.reload()
            write(a="value = 2")
            assert (await system.reload()).changed == ("a",)


async def test_an_initialize_that_panics_is_a_failed_provider(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def panic(self: things.Thing) -> None:
        raise Panic("no way")

    async with System(write(a="value = 1")) as system:
        monkeypatch.setattr(things.Swapping, "initialize", panic)
        write(a="value = 2", b="driver = 'tests.app.things:Swapping'; required = false", c="value = 3")
        summary = await system.reload()
        assert "Panic: no way" in str(summary.failed["b"])
        assert (summary.added, summary.changed) == (("c",), ("a",))
        assert {*system._running} == {*system.manager.registered_names()}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")
async def test_a_reload_is_under_way_also_where_tasks_are_eager(write: Write) -> None:
    asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009 - not in 3.11
    async with System(write(a="value = 1")) as system:
        for value in (2, 3):
            write(a=f"value = {value}")
            assert (await system.reload()).changed == ("a",)
            assert await system.manager.get("a", things.Thing).value() == value


async def test_a_reload_that_is_cancelled_while_it_reads_is_no_refusal(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with System(write(a="value = 1")) as system:
        reading, go = threading.Event(), threading.Event()

        def read_slowly() -> None:
            reading.set()
            go.wait()

        monkeypatch.setattr(system, "_load_again", read_slowly)
        reload = asyncio.create_task(system.reload())
        await asyncio.to_thread(reading.wait)
        for task in system._reloads:
            task.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await reload


class TestSecrets:
    @pytest.mark.parametrize("padding", [0, 462])
    async def test_no_record_shows_one(
        self, write: Write, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, padding: int
    ) -> None:
        monkeypatch.setenv("TOKEN", SECRET)
        monkeypatch.setattr(things, "padding", padding)
        caplog.set_level(logging.DEBUG)
        leaky = f'{LEAKY}; token = {{ env = "TOKEN" }}'
        source = write(a="value = 1", b=f"{leaky}; where = 'initialize'; required = false")
        system = System(source)
        with pytest.raises(ExceptionGroup):
            async with system:
                await self.go_through_failures(system, write, leaky)
        for required in (True, False):
            flag = str(required).lower()
            other = System(write(b=f"{leaky}; where = 'build'; required = {flag}"))
            if required:
                with pytest.raises(OSError, match=SECRET):
                    await other.start()
            else:
                await other.start()
                await other.stop()
        shown = [text for record in caplog.records for text in texts(record)]
        assert any("**********" in text for text in shown)
        assert [text for text in shown if SECRET[:4] in text] == []

    async def go_through_failures(self, system: System, write: Write, leaky: str) -> None:
        assert "b" in system.failed
        write(a="value = 1", b=f"{leaky}; where = 'build'; required = false")
        await system.reload()
        write(a="value = 1", c=f"{leaky}; where = 'initialize'", d=f"{leaky}; where = 'initialize cleanup'")
        await system.reload()
        write(a="value = 1", b=f"{leaky}; where = 'cleanup'")
        await system.reload()
        write(a="value = 1", b=f"{leaky}; where = 'initialize cleanup'")
        await system.reload()


def texts(record: logging.LogRecord) -> list[str]:
    told = [record.getMessage(), repr(vars(record))]
    return told + traceback.format_exception(record.exc_info[1]) if record.exc_info else told


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("nothing to say")


async def test_an_error_without_a_text_is_raised_as_it_is(
    write: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(self: things.Thing) -> None:
        raise MuteError

    system = System(write(a="value = 1"))
    with monkeypatch.context() as patch:
        patch.setattr(things.Thing, "initialize", fail)
        with pytest.raises(MuteError):
            await system.start()
    assert "Failed to register provider a: MuteError" in caplog.text
