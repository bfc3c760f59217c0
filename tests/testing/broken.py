"""Providers with one defect each, and what `LifecycleConformance` has to say of it.

`DEFECTS` maps the name of a test to subclasses of `LifecycleConformance` that must fail it, each with what the
message has to say.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import warnings
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, ClassVar, Literal

from purveyor.metadata import Health
from purveyor.operations import operation
from purveyor.provider import Provider
from purveyor.testing import LifecycleConformance
from tests.providers import metadata


class Sound(Provider[Any]):
    """What a provider should be: it opens in three awaits, and closes in two."""

    provider_reload: ClassVar[Literal["in_place", "swap"]] = "swap"

    def __init__(self, metadata: Any, config: Any) -> None:
        super().__init__(metadata, config)
        self.files: list[int] = []

    async def initialize(self) -> None:
        await asyncio.sleep(0)
        await self.open()
        await asyncio.sleep(0)

    async def open(self) -> None:
        self.files.append(os.open(os.devnull, os.O_RDONLY))
        await asyncio.sleep(0)

    async def cleanup(self) -> None:
        while self.files:
            await asyncio.sleep(0)
            os.close(self.files.pop())
        await asyncio.sleep(0)

    async def check(self) -> Health:
        return Health.healthy()

    @operation
    async def work(self) -> int:
        """Reads nothing, and needs its file open before and after."""
        size = len(os.read(self.files[0], 1))
        await asyncio.sleep(0)
        return size + len(os.read(self.files[0], 1))


class SoundTests(LifecycleConformance):
    """Not collected: tests run its tests by hand."""

    provider: ClassVar[type[Provider[Any]]] = Sound

    async def make(self) -> Provider[Any]:
        return self.provider(metadata(), {"key": Key("S3CRET")})

    async def operate(self, provider: Any) -> None:
        assert await provider.work() == 0


class Key:
    """As `pydantic.SecretStr`, which masks itself."""

    def __init__(self, secret: Any) -> None:
        self._secret = secret

    def get_secret_value(self) -> Any:
        return self._secret


DEFECTS: list[tuple[str, type[LifecycleConformance], str]] = []


def fails(test: str, text: str, *, patience: float = 5.0) -> Any:
    """Note that a provider, or a subclass of `SoundTests`, must fail a test with this in the message.

    Args:
        test: The test.
        text: What the message has to say, as a regular expression.
        patience: How long the test is to wait; little, where it is to fail for having waited.
    """

    def note(cls: Any) -> Any:
        if not issubclass(cls, LifecycleConformance):
            tests = type(cls.__name__, (SoundTests,), {"provider": cls, "patience": patience})
        else:
            tests = cls
        DEFECTS.append((test, tests, text))
        return cls

    return note


# --- Metadata, a plain life, validate -----------------------------------------------------------------


@fails("test_its_metadata_is_valid", "metadata is None.*super.*__init__")
class NoMetadata(Sound):
    @property
    def metadata(self) -> Any:
        return None


@fails("test_its_metadata_is_valid", "metadata.capabilities is 'store'.*a list of strings")
class OneCapability(Sound):
    def __init__(self, metadata: Any, config: Any) -> None:
        super().__init__(metadata, config)
        metadata.capabilities = "store"


@fails("test_its_metadata_is_valid", "metadata.labels is .*a dictionary of strings")
class NumberedLabels(Sound):
    def __init__(self, metadata: Any, config: Any) -> None:
        super().__init__(metadata, config)
        metadata.labels = {"shard": 3}


@fails("test_its_metadata_is_valid", "metadata.name is ''")
class Nameless(Sound):
    def __init__(self, metadata: Any, config: Any) -> None:
        super().__init__(metadata, config)
        metadata.name = ""


@fails("test_its_metadata_is_valid", "make.. answered 3.*return a Provider")
class MakesNoProvider(SoundTests):
    async def make(self) -> Any:
        return 3


@fails("test_it_registers_serves_and_unregisters", "registering it raised OSError: down")
class NeverStarts(Sound):
    async def initialize(self) -> None:
        raise OSError("down")


@fails("test_it_registers_serves_and_unregisters", "an operation raised IndexError")
class NotOpen(Sound):
    async def initialize(self) -> None:
        """Opens nothing."""


@fails("test_it_registers_serves_and_unregisters", "unregistering it raised OSError: busy")
class NeverCloses(Sound):
    async def cleanup(self) -> None:
        await super().cleanup()
        raise OSError("busy")


@fails(
    "test_it_registers_serves_and_unregisters",
    "its whole life left behind.*file descriptor .*/dev/null",
    patience=0.5,
)
class LeavesAFile(Sound):
    async def cleanup(self) -> None:
        """Closes nothing."""


@fails("test_it_registers_serves_and_unregisters", "left behind.*the task 'beat'", patience=0.5)
class LeavesATask(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        self.beat = asyncio.create_task(asyncio.sleep(60), name="beat")


@fails("test_it_registers_serves_and_unregisters", "left behind.*the thread 'beat'", patience=0.5)
class LeavesAThread(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        threading.Timer(1, print).start()
        threading.enumerate()[-1].name = "beat"


@fails("test_it_registers_serves_and_unregisters", "left behind.*ResourceWarning: a session was never closed")
class DropsAResource(Sound):
    @operation
    async def work(self) -> int:
        class Session:
            def __del__(self) -> None:
                warnings.warn("a session was never closed", ResourceWarning, stacklevel=1)

        Session()
        return 0


@fails("test_it_registers_serves_and_unregisters", "left behind.*coroutine 'sleep' was never awaited")
class ForgetsToAwait(Sound):
    @operation
    async def work(self) -> int:
        asyncio.sleep(1)  # type: ignore[unused-coroutine]
        return 0


@fails("test_it_registers_serves_and_unregisters", "left behind.*Task exception was never retrieved: OSError")
class LosesAnError(Sound):
    @operation
    async def work(self) -> int:
        async def fail() -> None:
            raise OSError("lost")

        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        return 0


@fails(
    "test_it_registers_serves_and_unregisters",
    r"was not over after 0.5 s.* waits at broken.py:\d+, in cleanup",
    patience=0.5,
)
class HangsAtTheEnd(Sound):
    async def cleanup(self) -> None:
        await super().cleanup()
        await asyncio.Event().wait()


@fails("test_validate_acquires_nothing", "validate left behind.*file descriptor", patience=0.5)
class OpensInValidate(Sound):
    async def validate(self) -> None:
        await self.open()


@fails("test_validate_acquires_nothing", "validate raised ValueError: no host")
class IsInvalid(Sound):
    async def validate(self) -> None:
        raise ValueError("no host")


# --- Cancellation -------------------------------------------------------------------------------------


@fails(
    "test_an_initialize_that_is_cancelled_leaves_nothing",
    r"initialize that was cancelled at await 1 \(broken.py:\d+, in initialize\) left behind.*file descriptor",
    patience=0.5,
)
class NotesTooLate(Sound):
    async def initialize(self) -> None:
        file = os.open(os.devnull, os.O_RDONLY)
        await asyncio.sleep(0)
        self.files.append(file)


@fails("test_an_initialize_that_is_cancelled_leaves_nothing", "went on as if nothing had happened")
class SwallowsCancellation(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        await asyncio.sleep(0)


@fails("test_an_initialize_that_is_cancelled_leaves_nothing", "initialize raised RuntimeError: gave up")
class ReplacesCancellation(Sound):
    async def initialize(self) -> None:
        try:
            await super().initialize()
        except asyncio.CancelledError:
            raise RuntimeError("gave up") from None


@fails("test_an_initialize_that_is_cancelled_leaves_nothing", "cleanup after initialize that .* AttributeError")
class NeedsAWholeStart(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        self.session = object()

    async def cleanup(self) -> None:
        await super().cleanup()
        del self.session


@fails("test_an_initialize_that_is_cancelled_leaves_nothing", "initialize was not over after 0.5 s", patience=0.5)
class RefusesToStop(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            await asyncio.Event().wait()


@fails(
    "test_a_cleanup_that_is_cancelled_can_be_finished",
    r"cleanup that was cancelled at await 1 .* left behind",
    patience=0.5,
)
class ForgetsTooEarly(Sound):
    async def cleanup(self) -> None:
        files, self.files = self.files, []
        await asyncio.sleep(0)
        for file in files:
            os.close(file)


@fails("test_a_cleanup_that_is_cancelled_can_be_finished", "let a CancelledError escape")
class StrayCancellation(Sound):
    async def cleanup(self) -> None:
        await super().cleanup()
        raise asyncio.CancelledError


@fails(
    "test_a_reload_that_is_cancelled_can_be_repeated", "a reload after reload that was cancelled .*RuntimeError"
)
class ReloadsOnlyWhole(Sound):
    whole = True

    async def reload(self) -> None:
        if not self.whole:
            raise RuntimeError("half a reload")
        self.whole = False
        await super().reload()
        self.whole = True


@fails("test_a_reload_that_is_cancelled_can_be_repeated", "an operation after reload that .*IndexError")
class ComesBackEmpty(Sound):
    cancelled = False

    async def reload(self) -> None:
        try:
            await self.cleanup()
            if not self.cancelled:
                await self.initialize()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


# --- Cleanup, reload, generations ---------------------------------------------------------------------


@fails("test_cleanup_is_harmless_at_any_time", "cleanup before initialize raised IndexError")
class ClosesWhatIsNotThere(Sound):
    async def cleanup(self) -> None:
        os.close(self.files.pop())


@fails("test_cleanup_is_harmless_at_any_time", "a second cleanup raised RuntimeError: closed")
class ClosesOnlyOnce(Sound):
    closed = False

    async def cleanup(self) -> None:
        if self.files:
            await super().cleanup()
            self.closed = True
        elif self.closed:
            raise RuntimeError("closed")


@fails("test_no_operation_fails_while_it_reloads_in_place", r"during a reload \(in_place\) raised .*@operation")
@fails("test_no_operation_fails_while_generations_swap", r"during a reload \(swap\) raised .*@operation")
class NoOperations(Sound):
    closings = 0

    async def cleanup(self) -> None:
        self.closings += 1
        await super().cleanup()

    async def work(self) -> int:
        """No operation, so that no reload waits for it."""
        closings = self.closings
        for _ in range(5):
            await asyncio.sleep(0)
        if closings < self.closings or not self.files:
            raise RuntimeError("closed meanwhile")
        return 0


@fails("test_no_operation_fails_while_it_reloads_in_place", r"a reload \(in_place\) raised OSError: once")
class StartsOnce(Sound):
    started = False

    async def initialize(self) -> None:
        if self.started:
            raise OSError("once")
        self.started = True
        await super().initialize()


@fails("test_no_operation_fails_while_generations_swap", r"a reload \(swap\) raised OSError: another holds it")
@fails("test_two_generations_are_open_at_once", "initialize of the next generation.* OSError: another holds it")
class HoldsALock(Sound):
    rival: Sound | None = None

    def next_generation(self, config: Any) -> Any:
        other = super().next_generation(config)
        other.rival = self
        return other

    async def initialize(self) -> None:
        if self.rival and self.rival.files:
            raise OSError("another holds it")
        await super().initialize()


@fails("test_two_generations_are_open_at_once", "of the next generation, after the first was closed, raised")
class ClosesForAll(Sound):
    files_of_all: ClassVar[list[int]] = []

    def __init__(self, metadata: Any, config: Any) -> None:
        super().__init__(metadata, config)
        self.files = self.files_of_all


@fails("test_two_generations_are_open_at_once", "next_generation answered <.*another instance")
class IsItsOwnSuccessor(Sound):
    def next_generation(self, config: Any) -> Any:
        return self


# --- Checks, tasks, loops, secrets --------------------------------------------------------------------


@fails("test_check_answers_in_time_and_waits_for_no_operation", "check answered True.*return a Health")
class AnswersTrue(Sound):
    async def check(self) -> Any:
        return True


@fails("test_check_answers_in_time_and_waits_for_no_operation", "check raised OSError: down")
class RaisesInCheck(Sound):
    async def check(self) -> Health:
        raise OSError("down")


@fails(
    "test_check_answers_in_time_and_waits_for_no_operation",
    r"check, while an operation stands at broken.py:\d+, in work, was not over after 0.5 s.* waits at broken.py:\d+, in check",
    patience=0.5,
)
class ChecksUnderTheLock(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        self.lock = asyncio.Lock()

    @operation
    async def work(self) -> int:
        async with self.lock:
            await asyncio.sleep(0)
        return 0

    async def check(self) -> Health:
        async with self.lock:
            return Health.healthy()


_session: ContextVar[str] = ContextVar("session")


@fails("test_it_is_used_from_other_tasks", "an operation in another task than initialize raised LookupError")
class KeepsItInTheContext(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        _session.set("open")

    @operation
    async def work(self) -> int:
        return 0 if _session.get() else 1


@fails("test_it_works_again_on_another_event_loop", "operations on a second event loop raised RuntimeError")
class LocksInInit(Sound):
    def __init__(self, metadata: Any, config: Any) -> None:
        super().__init__(metadata, config)
        self.lock = asyncio.Lock()

    @operation
    async def work(self) -> int:
        async with self.lock:
            await asyncio.sleep(0)
        return 0


@fails("test_it_shows_no_secret", r"it shows a secret of its config:\nconnecting with \*\*\*\*\*")
class LogsASecret(Sound):
    async def initialize(self) -> None:
        await super().initialize()
        logging.getLogger("broken").debug("connecting with %s", self.config["key"].get_secret_value())


@fails("test_it_shows_no_secret", r"secret of its config:\n<\*\*\*\*\*>")
class ShowsASecret(Sound):
    def __repr__(self) -> str:
        return f"<{self.config['key'].get_secret_value()}>"


@fails("test_it_shows_no_secret", r"shows a secret of its config:\n.*printed \*\*\*\*\*")
class PrintsASecret(Sound):
    async def cleanup(self) -> None:
        await super().cleanup()
        sys.stdout.write(f"printed {self.config['key'].get_secret_value()}")


@fails("test_it_shows_no_secret", r"shows a secret of its config:\nRuntimeError: cannot reach \*\*\*\*\*")
class RaisesASecret(Sound):
    @operation
    async def work(self) -> int:
        raise RuntimeError(f"cannot reach {self.config['key'].get_secret_value()}")
