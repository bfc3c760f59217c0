"""The watchdog: whoever blocks the event loop is named while it does."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from purveyor.events import Event, LoopBlocked
from purveyor.lifecycle import watchdog as module
from purveyor.lifecycle.watchdog import WATCHDOG, Watchdog
from tests.providers import Scripted

#: For what must happen at once; a test that waits for so long has failed.
LONG = 30.0

EVER = 1e6


class Bell(threading.Event):
    """Tells when the watchdog goes to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.slept.set()
        return super().wait(timeout)


class Watched(Watchdog):
    """A watchdog that tells when it looks, and when it sleeps."""

    def __init__(self, patience: float) -> None:
        super().__init__(patience)
        self._bell = Bell()
        self.looked = threading.Semaphore(0)

    def _look(self, passed: float) -> None:
        super()._look(passed)
        self.looked.release()

    def wait_for_looks(self, count: int) -> None:
        for _ in range(count):
            assert self.looked.acquire(timeout=LONG)

    def wait_for_sleep(self) -> None:
        assert isinstance(self._bell, Bell)
        assert self._bell.slept.wait(LONG)


class EnoughError(Exception):
    """The watchdog has done what it was to do."""


class SleepError(Exception):
    """The watchdog goes to sleep."""


class Sleepless(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        raise SleepError


class Manual(Watchdog):
    """A watchdog without a thread: the test looks itself, from inside of what blocks."""

    def _start(self) -> None:
        pass

    def look(self, passed: float = EVER) -> None:
        self._look(passed)

    def block(self) -> None:
        """Be seen at the same step for longer than any patience."""
        self.look()
        self.look()


class Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []
        self.queue: SimpleQueue[logging.LogRecord] = SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.queue.put(record)


@pytest.fixture
def log() -> Iterator[Log]:
    handler = Log()
    logger = logging.getLogger(module.__name__)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


class Blocking(Scripted):
    """A provider whose steps block with what they are given."""

    def __init__(self, block: Callable[[], object]) -> None:
        super().__init__("db")
        self.block = block

    async def initialize(self) -> None:
        self.block()

    async def reload(self) -> None:
        await self.initialize()

    async def cleanup(self) -> None:
        _somewhere_below(self.block)


def _somewhere_below(block: Callable[[], object]) -> None:
    block()


async def in_its_task(provider: Blocking, step: str = "initialize", name: str = "purveyor:db") -> None:
    await asyncio.create_task(getattr(provider, step)(), name=name)


async def turns(count: int = 8) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# --- With its thread ----------------------------------------------------------------------------------


async def test_a_provider_that_blocks_the_loop_is_named_while_it_does(log: Log) -> None:
    """Trap 28. The block ends only when the warning is there."""
    watchdog = Watched(0.04)
    events: list[Event] = []
    threads: list[int] = []
    published = asyncio.Event()

    def publish(event: Event) -> None:
        events.append(event)
        threads.append(threading.get_ident())
        published.set()

    def block() -> None:
        log.queue.get(timeout=LONG)
        watchdog.wait_for_looks(8)  # twice its patience: the same block is not reported again

    with watchdog.watching(asyncio.get_running_loop(), publish):
        await in_its_task(Blocking(block))
        await asyncio.wait_for(published.wait(), LONG)
    (record,), (event,) = log.records, events
    assert record.levelno == logging.WARNING
    assert record.thread not in (None, threading.get_ident())
    assert record.provider_name == "db"
    assert "provider db in initialize" in record.getMessage()
    assert f"{Path(__file__).name}:" in record.provider_where
    assert isinstance(event, LoopBlocked)
    assert (event.name, event.where) == ("db", record.provider_where)
    assert event.seconds >= record.provider_seconds >= 0.04
    assert threads == [threading.get_ident()]


async def test_the_line_that_blocks_is_told(log: Log) -> None:
    """Trap 28."""
    watchdog = Watched(0.04)

    class Plain(Scripted):
        async def initialize(self) -> None:
            log.queue.get(timeout=LONG)

    with watchdog.watching(asyncio.get_running_loop(), lambda event: None):
        await asyncio.create_task(Plain().initialize(), name="purveyor:db")
    code = Plain.initialize.__code__
    assert log.records[0].provider_where == f"initialize ({code.co_filename}:{code.co_firstlineno + 1})"


async def test_it_sleeps_unless_something_is_under_way(log: Log) -> None:
    watchdog = Watched(0.01)
    loop = asyncio.get_running_loop()
    for _ in range(2):  # and wakes up again
        assert isinstance(watchdog._bell, Bell)
        watchdog._bell.slept.clear()
        with watchdog.watching(loop, lambda event: None):
            await asyncio.to_thread(watchdog.wait_for_looks, 3)
            with watchdog.watching(loop, lambda event: None):
                await asyncio.to_thread(watchdog.wait_for_looks, 3)
        await asyncio.to_thread(watchdog.wait_for_sleep)
    assert [t.name for t in threading.enumerate() if t is watchdog._thread] == ["purveyor watchdog"]
    assert not log.records


async def test_a_loop_that_answers_is_left_alone(log: Log) -> None:
    watchdog = Watched(0.01)
    events: list[Event] = []
    with watchdog.watching(asyncio.get_running_loop(), events.append):
        await asyncio.to_thread(watchdog.wait_for_looks, 12)
    await turns()
    assert not log.records
    assert not events


async def test_time_in_which_the_whole_process_was_stopped_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    naps = iter([0.25, 0.3, 3600.0])
    passed: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        assert seconds == 0.25
        now += next(naps)

    class Fast(Manual):
        def _look(self, seconds: float) -> None:
            passed.append(seconds)
            if len(passed) == 3:
                raise EnoughError

    monkeypatch.setattr(module, "sleep", sleep)
    monkeypatch.setattr(module, "monotonic", lambda: now)
    watchdog = Fast(1.0)
    watchdog._watched = {watchdog.watching(asyncio.get_running_loop(), lambda event: None)}
    with pytest.raises(EnoughError):
        watchdog._run()
    assert passed == pytest.approx([0.25, 0.3, 0.5])


def test_who_comes_as_it_is_about_to_sleep_is_watched() -> None:
    class LateComer(set[Any]):
        lengths = iter([0, 1])

        def __len__(self) -> int:
            return next(self.lengths, 1)

    class Once(Manual):
        def _look(self, passed: float) -> None:
            raise EnoughError

    watchdog = Once(0.01)
    watchdog._bell = Sleepless()
    watchdog._watched = LateComer()
    with pytest.raises(EnoughError):
        watchdog._run()


async def test_it_sleeps_without_a_thought_of_the_last_loop() -> None:
    class Once(Manual):
        def _look(self, passed: float) -> None:
            super()._look(passed)
            assert self._pulses
            self._watched.clear()

    watchdog = Once(0.01)
    watchdog._bell = Sleepless()
    with watchdog.watching(asyncio.get_running_loop(), lambda event: None), pytest.raises(SleepError):
        watchdog._run()
    assert not watchdog._pulses


def test_without_a_thread_the_lifecycle_goes_on_unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a manager is cleaned up while the interpreter ends."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", start)
    watchdog = Watchdog()
    with watchdog.watching(asyncio.new_event_loop(), lambda event: None) as nothing:
        assert nothing is None
        (watching,) = watchdog._watched
    assert not watchdog._watched
    watching.loop.close()


def test_many_threads_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    watchdog = Watched(EVER)
    started: list[threading.Thread] = []
    start = threading.Thread.start
    first = threading.Event()

    def count(thread: threading.Thread) -> None:
        if thread.name == "purveyor watchdog":
            started.append(thread)
            first.set()
            while not other.is_alive() or not watchdog._starting.locked():
                pass
        start(thread)

    def enter() -> None:
        first.wait(LONG)
        watchdog._start()

    other = threading.Thread(target=enter)
    monkeypatch.setattr(threading.Thread, "start", count)
    other.start()
    watchdog._start()
    other.join(LONG)
    assert len(started) == 1


def test_the_process_has_one() -> None:
    assert WATCHDOG.patience == 1.0


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=LONG, check=False
    )


BLOCK = """
import asyncio, logging, os, sys, threading
from purveyor.lifecycle.watchdog import WATCHDOG

WATCHDOG.patience = 0.04
warned = threading.Event()

class Handler(logging.Handler):
    def emit(self, record):
        print(record.provider_name, flush=True)
        warned.set()

logging.getLogger("purveyor").addHandler(Handler())

async def initialize():
    assert warned.wait(30)

async def main():
    published = asyncio.Event()
    with WATCHDOG.watching(asyncio.get_running_loop(), lambda event: published.set()):
        await asyncio.create_task(initialize(), name="purveyor:db")
        await published.wait()
"""


def test_it_watches_in_the_child_after_a_fork() -> None:
    """Trap 25: the parent's thread is not there, and its locks may be held for ever."""
    child = run(
        BLOCK
        + """
asyncio.run(main())
WATCHDOG._starting.acquire()
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
warned.clear()
asyncio.run(main())
"""
    )
    assert (child.returncode, child.stdout.split(), child.stderr) == (0, ["db", "db"], "")


def test_it_does_not_keep_the_interpreter_from_ending() -> None:
    child = run(
        BLOCK
        + """
async def never_left():
    WATCHDOG.watching(asyncio.get_running_loop(), print).__enter__()

asyncio.run(never_left())
"""
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")


# --- What it sees -------------------------------------------------------------------------------------


@contextmanager
def manual(*publish: Callable[[Event], None], patience: float = 1.0) -> Iterator[Manual]:
    watchdog = Manual(patience)
    loop = asyncio.get_running_loop()
    watching = [watchdog.watching(loop, each) for each in publish or (lambda event: None,)]
    for each in watching:
        each.__enter__()
    yield watchdog
    for each in watching:
        each.__exit__()


async def test_its_patience_is_as_long_as_it_says(log: Log) -> None:
    with manual(patience=1.0) as watchdog:

        def block() -> None:
            watchdog.look()
            for _ in range(3):
                watchdog.look(0.25)
            assert not log.records
            watchdog.look(0.25)
            assert len(log.records) == 1
            watchdog.look()

        await in_its_task(Blocking(block))
    (record,) = log.records
    assert record.getMessage().startswith(
        "The event loop has been blocked for 1.0 s by provider db in initialize ("
    )


async def test_every_block_is_reported(log: Log) -> None:
    events: list[Event] = []
    with manual(events.append) as watchdog:
        for _ in range(2):
            await in_its_task(Blocking(watchdog.block))
            await turns()
    assert len(log.records) == 2
    assert [event.name for event in events] == ["db", "db"]


async def test_the_innermost_step_is_named_and_the_line_that_it_has_come_to(log: Log) -> None:
    with manual() as watchdog:
        await in_its_task(Blocking(watchdog.block), "reload")
        await turns()
        await in_its_task(Blocking(watchdog.block), "cleanup")
    assert [record.provider_where.split(" ")[0] for record in log.records] == ["initialize", "cleanup"]
    below = log.records[1].provider_where
    assert below.count(".py:") == 2
    assert ", which is in " in below


@pytest.mark.parametrize("step", sorted(module._STEPS))
async def test_every_step_of_a_lifecycle_is_known(log: Log, step: str) -> None:
    with manual() as watchdog:
        scope: dict[str, Any] = {"watchdog": watchdog}
        exec(f"async def {step}():\n    watchdog.block()", scope)
        await asyncio.create_task(scope[step](), name="purveyor:db")
    assert log.records[0].provider_where.startswith(f"{step} (<string>:2)")


async def test_whoever_is_no_provider_is_named_as_far_as_can_be(log: Log) -> None:
    events: list[Event] = []
    with manual(events.append) as watchdog:

        async def initialize() -> None:  # of someone else
            watchdog.block()

        async def serve() -> None:
            watchdog.block()

        await asyncio.create_task(initialize(), name="mine")
        await turns()
        await asyncio.create_task(serve(), name="purveyor:admin")
        await turns()
        asyncio.get_running_loop().call_soon(watchdog.block)
        await turns()
    assert [record.provider_name for record in log.records] == ["", "", ""]
    assert [event.name for event in events] == ["", "", ""]
    told = [record.getMessage().partition(" s by ")[2].partition(" in ")[0] for record in log.records]
    assert told == ["task mine", "task purveyor:admin", "a callback"]


async def test_a_thread_without_a_python_frame_is_named_all_the_same(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_current_frames", dict)
    with manual() as watchdog:
        await in_its_task(Blocking(watchdog.block))
    assert log.records[0].provider_where == "task purveyor:db"


async def test_many_short_steps_are_nobody_s_fault(log: Log) -> None:
    """A turn of the loop in which ten thousand providers start may take long."""
    events: list[Event] = []
    with manual(events.append) as watchdog:
        await asyncio.gather(*(in_its_task(Blocking(watchdog.look), name=f"purveyor:{n}") for n in range(5)))
        await turns()
    assert not log.records
    assert not events


async def test_each_of_two_that_block_one_turn_of_the_loop_is_named(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []
    now = 0.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    with manual(events.append) as watchdog:

        def block() -> None:
            nonlocal now
            watchdog.look()
            now += 2.0
            watchdog.look()
            now += 3.0

        await asyncio.gather(*(in_its_task(Blocking(block), name=f"purveyor:{n}") for n in "ab"))
        await turns()
    assert [record.provider_name for record in log.records] == ["a", "b"]
    assert [(event.name, event.seconds) for event in events if isinstance(event, LoopBlocked)] == [
        ("a", 5.0),
        ("b", 5.0),
    ]


async def test_all_who_watch_a_loop_are_told_once(log: Log) -> None:
    one: list[Event] = []
    other: list[Event] = []
    with manual(one.append, other.append, one.append) as watchdog:
        await in_its_task(Blocking(watchdog.block))
    await turns()  # also if they have left before the loop answers
    assert len(log.records) == len(one) == len(other) == 1


async def test_if_the_loop_answers_while_it_is_looked_at_nobody_is_accused(log: Log) -> None:
    events: list[Event] = []
    with manual(events.append) as watchdog:
        watchdog.look()
        (pulse,) = watchdog._pulses.values()
        await turns()
        assert pulse.is_overdue(EVER, 1.0) is False
        pulse.report([events.append])
    assert not log.records
    assert not events


async def test_a_loop_that_does_not_run_is_not_blocked(log: Log) -> None:
    loop = asyncio.new_event_loop()
    watchdog = Manual()
    with watchdog.watching(loop, lambda event: None):
        for _ in range(3):
            watchdog.look()
        loop.close()
        watchdog.look()
    assert not log.records


async def test_a_loop_that_is_closed_as_it_is_asked(log: Log) -> None:
    class Closed:
        def is_running(self) -> bool:
            return True

        def call_soon_threadsafe(self, *_: object, **__: object) -> None:
            raise RuntimeError("Event loop is closed")

    loop: Any = Closed()
    watchdog = Manual()
    with watchdog.watching(loop, lambda event: None):
        watchdog.look()
    assert not log.records
