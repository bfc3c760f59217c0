"""The end of a process in which something has been abandoned."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from purveyor.cli import ending
from tests.cli.conftest import Spawn
from tests.cli.test_up import configure

QUICK = "policy = { start_timeout = 0.1, stop_timeout = 0.1 }\n"


def stubborn(fail: str) -> str:
    return f'[providers.mule]\ndriver = "things:Stubborn"\nfail = "{fail}"\n{QUICK}'


@pytest.mark.usefixtures("things")
class TestUp:
    def test_what_was_abandoned_at_the_stop_is_not_waited_for(self, spawn: Spawn) -> None:
        configure(stubborn("stop"))
        up = spawn("up")
        up.wait_for("SIGHUP reloads")
        up.send(signal.SIGTERM)
        result = up.end()
        assert result.code == 1
        assert "Provider mule was abandoned" in result.err
        assert "error: providers failed to clean up: " in result.err
        assert list((Path(os.environ["XDG_RUNTIME_DIR"]) / "purveyor").iterdir()) == []

    def test_nor_is_what_was_abandoned_at_the_start_nor_a_thread(self, spawn: Spawn) -> None:
        configure(stubborn("start"))
        start = spawn("up")
        start.wait_for("purveyor.toml")
        configure(stubborn("thread"))
        doctor = spawn("doctor")
        assert start.end().code == 1
        assert "error: provider mule: " in start.err
        assert doctor.end().code == 1
        assert "failed" in doctor.out


class TestInside:
    """As above, where coverage sees it."""

    @pytest.fixture(autouse=True)
    def _exits(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def exit_now(code: int) -> None:
            raise SystemExit(100 + code)

        monkeypatch.setattr(os, "_exit", exit_now)
        monkeypatch.setattr(ending, "_MOMENT", 0.01)
        monkeypatch.setattr("purveyor.lifecycle.owner.GRACE", 0.01)
        yield
        for runner in ending._left:
            runner.close()
        ending._left.clear()

    @staticmethod
    def code(code: int) -> object:
        with pytest.raises(SystemExit) as exited:
            ending.end(code)
        return exited.value.code

    def test_what_ends_is_waited_for(self, capsys: pytest.CaptureFixture[str]) -> None:
        ended = []

        async def slow() -> None:
            try:
                await asyncio.sleep(600)
            finally:
                await asyncio.sleep(0)
                ended.append(1)

        async def main() -> int:
            self.task = asyncio.create_task(slow())
            await asyncio.to_thread(int)
            return 7

        assert ending.run(main()) == 7
        assert ended == [1]
        assert self.code(0) == 0

    @pytest.mark.parametrize("told_before", [False, True])
    def test_a_task_that_does_not_end_is_left(self, told_before: bool) -> None:
        release = asyncio.Event()

        async def refuse() -> None:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    await asyncio.sleep(0)

        async def main() -> None:
            self.task = asyncio.create_task(refuse())
            await asyncio.sleep(0)
            if told_before:
                self.task.cancel()
            raise KeyError

        with pytest.raises(KeyError):
            ending.run(main())
        assert (self.code(0), self.code(2)) == (101, 102)
        release.set()

    def test_a_thread_that_is_at_work_is_left(self) -> None:
        release = threading.Event()

        async def main() -> None:
            asyncio.get_running_loop().run_in_executor(None, release.wait)

        ending.run(main())
        assert self.code(0) == 101
        release.set()
