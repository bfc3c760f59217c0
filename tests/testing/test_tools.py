"""What the conformance tests stand on: interruptions, leftovers, secrets, the stage."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from purveyor.provider import Provider
from purveyor.testing import LifecycleConformance, leftovers
from purveyor.testing.interruption import Interruption, cancel, hold_until, place_of
from purveyor.testing.leftovers import Leftovers
from purveyor.testing.secrets import overhear, secrets_in
from tests.testing.broken import Key, Sound, SoundTests

# --- Interruptions --------------------------------------------------------------------------------------


async def _three_awaits(seen: list[str]) -> str:
    seen.append("begin")
    await asyncio.sleep(0)
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        seen.append("cancelled")
        await asyncio.sleep(0)
        raise
    raise AssertionError("not reached")


async def test_a_coroutine_is_cancelled_while_it_waits() -> None:
    seen: list[str] = []
    interruption = Interruption(_three_awaits(seen), 2, cancel)
    with pytest.raises(asyncio.CancelledError):
        await interruption
    assert seen == ["begin", "cancelled"]
    assert interruption.place is not None
    assert interruption.place.startswith("test_tools.py:")
    assert interruption.place.endswith(", in _three_awaits")
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()


async def test_a_coroutine_with_fewer_awaits_is_left_alone() -> None:
    async def one_await() -> int:
        await asyncio.sleep(0.001)
        return 3

    interruption = Interruption(one_await(), 2, cancel)
    assert await interruption == 3
    assert interruption.place is None


@pytest.mark.parametrize("at", [1, 2])
async def test_a_coroutine_is_held(at: int) -> None:
    released = asyncio.Event()

    async def two_awaits() -> str:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return "done"

    async def run() -> str:
        return await Interruption(two_awaits(), at, partial(hold_until, released))

    task = asyncio.create_task(run())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    released.set()
    assert await task == "done"


async def test_one_that_is_held_can_be_cancelled() -> None:
    seen: list[str] = []

    async def run() -> str:
        return await Interruption(_three_awaits(seen), 2, partial(hold_until, asyncio.Event()))

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["begin", "cancelled"]


def test_the_place_of_what_is_no_coroutine_is_its_type() -> None:
    assert place_of(iter([])) == "list_iterator"


# --- Leftovers ------------------------------------------------------------------------------------------


async def test_what_is_about_to_end_is_waited_for() -> None:
    with Leftovers() as found:
        found.note()
        task = asyncio.create_task(asyncio.sleep(0.02))
        assert await found.remaining(60) == []
        assert task.done()


async def test_threads_of_the_default_executor_do_not_count() -> None:
    with Leftovers() as found:
        found.note()
        await asyncio.to_thread(int)
        assert await found.remaining(0) == []


async def test_other_warnings_go_their_way(recwarn: pytest.WarningsRecorder) -> None:
    warnings.simplefilter("always")
    with Leftovers() as found:
        found.note()
        warnings.warn("another", UserWarning, stacklevel=1)
        warnings.warn("of a resource", ResourceWarning, stacklevel=1)
        assert await found.remaining(0) == ["ResourceWarning: of a resource"]
    assert [str(each.message) for each in recwarn] == ["another"]


async def test_the_loop_is_given_back_as_it_was() -> None:
    loop = asyncio.get_running_loop()
    seen: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda loop, context: seen.append(context))
    with Leftovers():
        pass
    loop.call_exception_handler({"message": "after"})
    assert seen == [{"message": "after"}]


async def test_files_are_not_looked_at_where_the_system_does_not_list_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leftovers, "_OPEN_FILES", "/nowhere")
    with Leftovers() as found:
        found.note()
        file = os.open(os.devnull, os.O_RDONLY)
        assert await found.remaining(0) == []
        os.close(file)


# --- Secrets --------------------------------------------------------------------------------------------


@dataclass
class Inner:
    password: SecretStr
    port: int = 1


class Model(BaseModel):
    token: SecretBytes
    hosts: list[str] = []


@pytest.mark.parametrize(
    ("config", "secrets"),
    [
        (None, set()),
        (3, set()),
        ("plain", set()),
        (dict, set()),
        (SecretStr("a1"), {"a1"}),
        (SecretStr(""), set()),
        (SecretBytes(b"a1"), {"a1"}),
        (Key(12), {"12"}),
        ({"key": SecretStr("a1"), "more": [SecretStr("b2"), (SecretStr("c3"),)]}, {"a1", "b2", "c3"}),
        (Inner(SecretStr("a1")), {"a1"}),
        (Model(token=SecretBytes(b"a1")), {"a1"}),
    ],
    ids=range(11),
)
def test_secrets_are_found_wherever_they_are(config: Any, secrets: set[str]) -> None:
    assert secrets_in(config) == secrets


def test_all_that_is_said_is_heard() -> None:
    logger = logging.getLogger("overheard")
    level = logging.getLogger().level
    with overhear() as heard:
        logger.debug("of %s", "debug", extra={"provider_name": "notes"})
        sys.stderr.write("printed")
    assert {"of debug", "notes", "printed"} <= set(heard)
    assert logging.getLogger().level == level
    logger.debug("after")
    assert "after" not in heard


# --- The class, as an author has it ---------------------------------------------------------------------


def test_make_has_to_be_written() -> None:
    class Nothing(LifecycleConformance):
        pass

    with pytest.raises(NotImplementedError, match="Nothing has to write `async def make"):
        Nothing().test_its_metadata_is_valid()


def _without_operate() -> LifecycleConformance:
    class Silent(LifecycleConformance):
        async def make(self) -> Provider[Any]:
            return await SoundTests().make()

    return Silent()


def _without_swap() -> LifecycleConformance:
    class InPlace(Sound):
        provider_reload = "in_place"

    class Tests(SoundTests):
        provider = InPlace

    return Tests()


def _without_secret() -> LifecycleConformance:
    class Plain(SoundTests):
        async def make(self) -> Provider[Any]:
            provider = await super().make()
            provider.config = {}
            return provider

    return Plain()


@pytest.mark.parametrize(
    ("build", "test", "reason"),
    [
        (_without_operate, "test_no_operation_fails_while_it_reloads_in_place", "no operation is known"),
        (_without_operate, "test_no_operation_fails_while_generations_swap", "no operation is known"),
        (_without_operate, "test_it_is_used_from_other_tasks", "no operation is known"),
        (_without_swap, "test_no_operation_fails_while_generations_swap", "it reloads in place"),
        (_without_swap, "test_two_generations_are_open_at_once", "it reloads in place"),
        (_without_secret, "test_it_shows_no_secret", "holds no secret"),
    ],
)
def test_what_does_not_apply_is_skipped_with_the_reason(
    build: Callable[[], LifecycleConformance], test: str, reason: str
) -> None:
    with pytest.raises(pytest.skip.Exception, match=reason):
        getattr(build(), test)()


def test_all_others_run_without_operate() -> None:
    tests = _without_operate()
    for name in dir(tests):
        if name.startswith("test_") and "operation_fails" not in name and "other_tasks" not in name:
            getattr(tests, name)()


def test_only_so_many_awaits_are_cancelled() -> None:
    tests = SoundTests()
    tests.most_awaits = 1
    tests.test_an_initialize_that_is_cancelled_leaves_nothing()
    tests.test_check_answers_in_time_and_waits_for_no_operation()


def test_an_error_beside_no_secret_is_raised_as_it_is() -> None:
    class Failing(Sound):
        async def initialize(self) -> None:
            raise OSError("down")

    class Tests(SoundTests):
        provider = Failing

    with pytest.raises(OSError, match="down"):
        Tests().test_it_shows_no_secret()


def test_without_pytest_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "from purveyor.testing import FakeClock, FaultyProvider\n"
        "try: from purveyor.testing import LifecycleConformance\n"
        "except ImportError as error: print(type(error).__name__, error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == (
        "MissingExtraError LifecycleConformance needs the module pytest, which is not installed; "
        "pip install 'purveyor[testing]'\n"
    )
