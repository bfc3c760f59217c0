"""`open(watch=True)`, and what a system says of changes of its files; with real files and real notices."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

import purveyor
from purveyor.app import System
from purveyor.errors import InvalidInputError, MissingExtraError
from purveyor.events import ConfigRefused, ConfigReloaded, Event
from purveyor.manager import ProviderManager
from tests.app.things import Thing, calls, gates

Write = Callable[..., Path]

#: What has to happen within, in seconds; only a failing test waits that long.
DEADLINE = 30


class Outcomes:
    """The outcomes of reloads, as they come."""

    def __init__(self, manager: ProviderManager) -> None:
        self._queue: asyncio.Queue[ConfigReloaded | ConfigRefused] = asyncio.Queue()
        manager.subscribe(self._note)

    def _note(self, event: Event) -> None:
        if isinstance(event, ConfigReloaded | ConfigRefused):
            self._queue.put_nowait(event)

    async def next(self) -> ConfigReloaded | ConfigRefused:
        async with asyncio.timeout(DEADLINE):
            return await self._queue.get()


async def test_a_change_of_the_file_is_taken_up(write: Write) -> None:
    async with purveyor.open(write(a="value = 1"), watch=True) as providers:
        outcomes = Outcomes(providers)
        thing = providers.get("a", Thing)
        for value in (2, 3):
            write(a=f"value = {value}")
            while await thing.value() != value:
                await outcomes.next()
    assert calls[-1] == "cleanup a 3"


async def test_what_is_half_written_is_refused_and_read_again(write: Write) -> None:
    async with purveyor.open(write(a="value = 1"), watch=True) as providers:
        outcomes = Outcomes(providers)
        file = write(a="value = 2")
        whole = file.read_text()
        file.write_text(whole[:-5] + "[")
        while not isinstance(await outcomes.next(), ConfigRefused):
            pass
        assert "a" in providers
        file.write_text(whole)
        while await providers.get("a", Thing).value() != 2:
            await outcomes.next()


async def test_a_change_of_a_secret_is_taken_up(write: Write, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one")
    file = write(a="driver = 'tests.app.things:Keeper'; token = { file = 'token' }")
    async with purveyor.open(file, watch=True) as providers:
        outcomes = Outcomes(providers)
        (tmp_path / "token").write_text("two")
        while providers.get("a").config.token.get_secret_value() != "two":
            await outcomes.next()


async def test_a_reload_that_is_under_way_at_the_end_gives_way(write: Write) -> None:
    async with asyncio.timeout(DEADLINE):
        async with purveyor.open(write(a="value = 1"), watch=True) as providers:
            write(a="value = 2; wait = 'initialize'")
            await gates.setdefault("initialize entered", asyncio.Event()).wait()
        assert providers.names() == ()


async def test_what_goes_wrong_in_the_block_is_raised(write: Write) -> None:
    with pytest.raises(KeyError):
        async with purveyor.open(write(a=""), watch=True):
            raise KeyError
    assert calls == ["initialize a 0", "cleanup a 0"]


async def test_only_a_file_can_be_watched(write: Write) -> None:
    mapping = {"providers": {"a": {"driver": "tests.app.things:Thing"}}}
    with pytest.raises(InvalidInputError, match="there is no file to watch"):
        async with purveyor.open(mapping, watch=True):
            pytest.fail("it was opened")
    assert calls == []


async def test_a_missing_extra_is_named_before_anything_starts(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles._rust_notify", None)
    with pytest.raises(MissingExtraError, match=r"purveyor\[watch\]"):
        async with purveyor.open(write(a=""), watch=True):
            pytest.fail("it was opened")
    assert calls == []


async def test_a_system_that_cannot_be_watched_any_more_runs_on(
    write: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def none_left(_: object) -> AsyncGenerator[None]:
        raise OSError("no watches are left")
        yield

    monkeypatch.setattr("purveyor.config.watch._watch", none_left)
    async with purveyor.open(write(a=""), watch=True) as providers:
        while not caplog.records:
            await asyncio.sleep(0)
        assert await providers.get("a", Thing).value() == 0
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "The configuration is not watched any more: no watches are left"


class TestChanges:
    async def test_what_a_reload_would_change_is_told_and_nothing_else(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks: asyncio.Queue[bool] = asyncio.Queue()

        async def looking(_: object) -> AsyncGenerator[None]:
            while await looks.get():
                yield

        monkeypatch.setattr("purveyor.config.watch._watch", looking)
        file = write(a="required = false; fail = 'initialize'", b="")
        async with System(file) as system:
            told = 0
            done = asyncio.Event()

            async def listen() -> None:
                nonlocal told
                async with aclosing(system.changes()) as changes:
                    async for _ in changes:
                        told += 1
                        done.set()

            listener = asyncio.create_task(listen())
            looks.put_nowait(True)  # nothing has changed, and one has failed, which is no change
            file.write_text(file.read_text() + "# a comment\n")
            looks.put_nowait(True)
            while not looks.empty():
                await asyncio.sleep(0)
            write(a="required = false; fail = 'initialize'", b="value = 1")
            looks.put_nowait(True)
            await done.wait()
            assert told == 1
            done.clear()
            file.write_text("[")
            looks.put_nowait(True)
            await done.wait()
            assert told == 2
            done.clear()
            write(a="required = false; fail = 'initialize'", b="")  # it is valid again
            looks.put_nowait(True)
            await done.wait()
            assert told == 3
            done.clear()
            file.write_text(file.read_text() + "[server]\nport = 1\n")
            looks.put_nowait(True)
            await done.wait()
            assert told == 4
            looks.put_nowait(False)
            await listener

    async def test_they_end_with_the_system(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        async def looking(_: object) -> AsyncGenerator[None]:
            while True:
                yield

        monkeypatch.setattr("purveyor.config.watch._watch", looking)
        system = System(write(a=""))
        assert [each async for each in system.changes()] == []
