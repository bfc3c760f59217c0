"""Every exception that Purveyor raises.

An error is a class that holds data. What a person reads is made from three answers, each a property:
`what` was wrong, `where` it was, and what to do about it (`hint`). They are put together in one place,
`PurveyorError.__str__`; the command line styles the same three parts.

Errors keep the built-in bases that the founding contract promises (`ValueError` for an unknown or a
duplicate name) and those that Python users expect (`TimeoutError`, `ImportError`).
"""

from __future__ import annotations

from dataclasses import dataclass
from errno import EACCES, ENOSPC, ETIMEDOUT
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from purveyor.metadata import ProviderStatus


_MANY = 500


def near_misses(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known words that `word` may be a misspelling of, best first, three at most."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a failure needs it

    wanted = word.casefold()
    folded = {candidate.casefold(): candidate for candidate in known}
    if len(folded) > _MANY:  # comparing with all of them would take seconds
        alike = (c for c in folded if c[:1] == wanted[:1] and abs(len(c) - len(wanted)) <= 2)
        folded = {candidate: folded[candidate] for candidate in islice(alike, _MANY)}
    matches = get_close_matches(wanted, folded, n=3, cutoff=0.6)
    return tuple(folded[match] for match in matches)


def _did_you_mean(candidates: tuple[str, ...]) -> str | None:
    return f"did you mean {' or '.join(repr(c) for c in candidates)}?" if candidates else None


class PurveyorError(Exception):
    """The base of all of Purveyor's errors.

    A subclass hands its data to `Exception.__init__` in the order of its own parameters, so that it
    can be copied and pickled, and answers `what`, and where it can `where` and `hint`.
    """

    #: Whether trying again without changing something is of no use: supervision and retries leave it alone.
    permanent = False

    @property
    def what(self) -> str:
        """What was wrong, as one clause without a full stop."""
        return " ".join(str(argument) for argument in self.args) or type(self).__name__

    @property
    def where(self) -> str | None:
        """The place that is wrong: a provider, a file with line and column, a key; None if there is none."""
        return None

    @property
    def hint(self) -> str | None:
        """What to do about it; None if nothing is known."""
        return None

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.hint}" if self.hint else text


# --- Registry ---------------------------------------------------------------------------------------


class ProviderExistsError(PurveyorError, ValueError):
    """A provider of this name is registered, or is being registered or removed at this moment."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    @property
    def what(self) -> str:
        return f"Provider {self.name} already registered"

    @property
    def hint(self) -> str:
        return "unregister it first, or choose another name"


class ProviderNotFoundError(PurveyorError, ValueError, LookupError):
    """No provider of this name is registered.

    Args:
        name: The name that was asked for.
        known: The names that are registered; near misses are offered from them.
    """

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        super().__init__(name)
        self.name = name
        self._known = tuple(known)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The names that may have been meant; looked for when asked, since many a lookup is only a try."""
        return near_misses(str(self.name), self._known)

    @property
    def what(self) -> str:
        return f"Provider {self.name} not found"

    @property
    def hint(self) -> str | None:
        return _did_you_mean(self.suggestions)


class ProviderTypeError(PurveyorError, TypeError):
    """A provider is not of the class that was asked for, or an object is no provider at all."""

    def __init__(self, name: str, actual: type, expected: type) -> None:
        super().__init__(name, actual, expected)
        self.name = name
        self.actual = actual
        self.expected = expected

    @property
    def what(self) -> str:
        return f"Provider {self.name} is a {self.actual.__qualname__}, not a {self.expected.__qualname__}"


class InvalidMetadataError(PurveyorError, ValueError):
    """A provider's metadata cannot be registered as it is."""

    permanent = True

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    @property
    def where(self) -> str:
        return f"metadata.{self.field}"

    @property
    def what(self) -> str:
        return self.problem


# --- Lifecycle --------------------------------------------------------------------------------------


class LifecycleError(PurveyorError, RuntimeError):
    """The base of what can go wrong between a provider's start and its end."""

    def __init__(self, name: str, *data: object) -> None:
        super().__init__(name, *data)
        self.name = name


class ProviderNotReadyError(LifecycleError):
    """An operation was called on a provider that cannot serve it now, and waiting is not possible or no help."""

    def __init__(self, name: str, status: ProviderStatus) -> None:
        super().__init__(name, status)
        self.status = status

    @property
    def what(self) -> str:
        return f"Provider {self.name} is {self.status.value}"

    @property
    def hint(self) -> str | None:
        return {
            "failed": "its last start or reload failed: see the log, then reload it",
            "stopped": "it was unregistered; look it up again if it has been registered anew",
            "reloading": "a plain function cannot wait for a reload on the event loop: "
            "make the operation a coroutine, or call it from another thread",
        }.get(self.status.value)


class ReentrantLifecycleError(LifecycleError):
    """A provider was to be reloaded or stopped from inside its own lifecycle or one of its operations."""

    def __init__(self, name: str, action: str) -> None:
        super().__init__(name, action)
        self.action = action

    @property
    def what(self) -> str:
        return f"{self.action} was called on provider {self.name} from inside its own lifecycle or operations"

    @property
    def hint(self) -> str:
        return "the call would wait for itself; make it from a task of its own, once that is over"


class StrayCancellationError(LifecycleError):
    """A step of a provider's lifecycle let a cancellation escape that was not its own."""

    def __init__(self, name: str, step: str) -> None:
        super().__init__(name, step)
        self.step = step

    @property
    def what(self) -> str:
        return f"{self.step} of provider {self.name} raised CancelledError, though nobody cancelled it"

    @property
    def hint(self) -> str:
        return "suppress it where a task that was cancelled is awaited"


class RegistrationAbortedError(LifecycleError):
    """A registration was overtaken by the manager's cleanup: stop wins over start."""

    @property
    def what(self) -> str:
        return f"Provider {self.name} was not registered: the manager was cleaned up meanwhile"


class ProviderTimeoutError(LifecycleError, TimeoutError):
    """A step of a provider's lifecycle took longer than its deadline allows.

    Args:
        name: The provider.
        step: What it did: ``"start"``, ``"stop"``, ``"reload"``, ``"check"``.
        seconds: How long it had.
        abandoned: Whether it went on when it was cancelled, and was left behind.
    """

    def __init__(self, name: str, step: str, seconds: float, *, abandoned: bool = False) -> None:
        super().__init__(name, step, seconds, abandoned)
        self.step = step
        self.seconds = seconds
        self.abandoned = abandoned

    def __reduce__(self) -> tuple[object, ...]:
        return _build_timeout, (self.name, self.step, self.seconds, self.abandoned)

    @property
    def what(self) -> str:
        over = f"{self.step} of provider {self.name} was not over after {self.seconds:g} s"
        return f"{over}, ignored its cancellation and was abandoned" if self.abandoned else over

    @property
    def hint(self) -> str:
        if self.abandoned:
            return "have it let CancelledError pass; what it holds is released when the process ends"
        return f"raise policy.{'stop' if self.step == 'stop' else 'start'}_timeout, or find out what it waits for"


class ProviderUnhealthyError(LifecycleError):
    """A new generation was started, but its check says that it is not healthy; it was disposed of."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.message = message

    @property
    def what(self) -> str:
        return (
            f"provider {self.name} is not healthy: {self.message}"
            if self.message
            else (f"provider {self.name} is not healthy")
        )


class NeedFailedError(LifecycleError):
    """A provider was not started, since one that it needs is not there.

    Args:
        name: The provider.
        need: What it needs.
        root: The provider whose failure is the cause; `need` itself, or one that it needs in turn.
    """

    def __init__(self, name: str, need: str, root: str) -> None:
        super().__init__(name, need, root)
        self.need = need
        self.root = root

    @property
    def what(self) -> str:
        because = "" if self.root == self.need else f", because {self.root} failed"
        return f"provider {self.name} was not started: {self.need}, which it needs, is not there{because}"

    @property
    def hint(self) -> str:
        return f"see why {self.root} failed"


class ProviderInUseError(LifecycleError, ValueError):
    """A provider was to be unregistered while others need it."""

    def __init__(self, name: str, dependants: Sequence[str]) -> None:
        super().__init__(name, tuple(dependants))
        self.dependants = tuple(dependants)

    @property
    def what(self) -> str:
        return f"provider {self.name} is needed by {', '.join(self.dependants)}"

    @property
    def hint(self) -> str:
        return "unregister them first, or all together with cascade=True"


@dataclass(frozen=True, slots=True)
class NeedProblem:
    """One thing that is wrong with what providers need.

    Args:
        provider: Whose need it is.
        role: Which need of it; empty where the problem is not one need's.
        problem: What is wrong.
        advice: What to do about it.
        path: The way round a cycle, its first provider again at its end.
    """

    provider: str
    role: str
    problem: str
    advice: str | None = None
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.provider}.needs.{self.role}" if self.role else self.provider
        text = f"{place}: {self.problem}"
        return f"{text}; {self.advice}" if self.advice else text


class NeedsError(LifecycleError, ValueError):
    """What providers need of each other cannot be satisfied; nothing was started.

    Args:
        problems: All that is wrong.
    """

    permanent = True

    def __init__(self, problems: Sequence[NeedProblem]) -> None:
        super().__init__(", ".join(dict.fromkeys(each.provider for each in problems)), tuple(problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)

    @property
    def what(self) -> str:
        return "\n".join(map(str, self.problems))


class InvalidNeedError(PurveyorError, TypeError):
    """A provider's class declares a need that cannot be read or satisfied.

    Args:
        cls: The class.
        attribute: The attribute that is annotated.
        problem: What is wrong with it.
        advice: What to write instead.
    """

    permanent = True

    def __init__(self, cls: type, attribute: str, problem: str, advice: str | None = None) -> None:
        super().__init__(cls, attribute, problem, advice)
        self.cls = cls
        self.attribute = attribute
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return f"{self.cls.__module__}.{self.cls.__qualname__}.{self.attribute}"

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


def _build_timeout(name: str, step: str, seconds: float, abandoned: bool) -> ProviderTimeoutError:
    return ProviderTimeoutError(name, step, seconds, abandoned=abandoned)


class ManagerClosingError(PurveyorError, RuntimeError):
    """A provider was to be registered or reloaded while the manager cleans up."""

    @property
    def what(self) -> str:
        return "the manager is cleaning up"

    @property
    def hint(self) -> str:
        return "await cleanup(), then register again"


class WrongEventLoopError(PurveyorError, RuntimeError):
    """A manager that has started providers on one event loop, or in one process, was called from another."""

    @property
    def what(self) -> str:
        return "the manager's providers live on another event loop or in another process"

    @property
    def hint(self) -> str:
        return (
            "call it there (asyncio.run_coroutine_threadsafe), or build a manager here; "
            "after a fork, build it in the child"
        )


class NoEventLoopError(PurveyorError, RuntimeError):
    """Events were subscribed to where no event loop runs, so that there is none to deliver them on."""

    @property
    def what(self) -> str:
        return "events are delivered on the subscriber's event loop, and none runs in this thread"

    @property
    def hint(self) -> str:
        return "subscribe inside a coroutine"


# --- Operations and metrics -------------------------------------------------------------------------


class UnsupportedError(PurveyorError, NotImplementedError):
    """A backend cannot do what was asked; nothing was done.

    Args:
        driver: The driver or provider that was asked.
        feature: What it cannot do.
        alternative: What can, if something does.
    """

    permanent = True

    def __init__(self, driver: str, feature: str, alternative: str | None = None) -> None:
        super().__init__(driver, feature, alternative)
        self.driver = driver
        self.feature = feature
        self.alternative = alternative

    @property
    def what(self) -> str:
        return f"{self.driver} does not support {self.feature}"

    @property
    def hint(self) -> str | None:
        return f"use {self.alternative}" if self.alternative else None


class OperationTimeoutError(PurveyorError, TimeoutError):
    """An operation was not over when its deadline passed; whether it took effect is not known.

    Args:
        provider: The provider's name.
        operation: The operation's name.
        seconds: How long it had.
    """

    def __init__(self, provider: str, operation: str, seconds: float) -> None:
        super().__init__(provider, operation, seconds)
        self.provider = provider
        self.operation = operation
        self.seconds = seconds

    @property
    def where(self) -> str:
        return f"{self.provider}.{self.operation}"

    @property
    def what(self) -> str:
        return f"it was not over after {self.seconds:g} s"

    @property
    def hint(self) -> str:
        return "raise the policy's timeout, or find out what the backend waits for"


class BreakerOpenError(PurveyorError, RuntimeError):
    """An operation was refused, since the backend has failed too often; nothing was done.

    Args:
        provider: The provider's name.
        operation: The operation's name.
        seconds: When one may be tried again, from now.
    """

    def __init__(self, provider: str, operation: str, seconds: float) -> None:
        super().__init__(provider, operation, seconds)
        self.provider = provider
        self.operation = operation
        self.seconds = seconds

    @property
    def where(self) -> str:
        return f"{self.provider}.{self.operation}"

    @property
    def what(self) -> str:
        return "the circuit breaker is open, since the backend has failed too often"

    @property
    def hint(self) -> str:
        return f"it lets one through in {self.seconds:.1f} s"


class OverloadedError(PurveyorError, RuntimeError):
    """An operation was refused, since as many as are allowed run and wait already; nothing was done.

    Args:
        provider: The provider's name.
        operation: The operation's name.
        limit: How many may run at the same time.
        waiting: How many wait for their turn.
    """

    def __init__(self, provider: str, operation: str, limit: int, waiting: int) -> None:
        super().__init__(provider, operation, limit, waiting)
        self.provider = provider
        self.operation = operation
        self.limit = limit
        self.waiting = waiting

    @property
    def where(self) -> str:
        return f"{self.provider}.{self.operation}"

    @property
    def what(self) -> str:
        return f"{self.limit} operations run already, as many as may, and {self.waiting} wait"

    @property
    def hint(self) -> str:
        return "slow the callers down, or raise the policy's concurrency"


class InvalidMetricError(PurveyorError, ValueError):
    """A metric's name, label or value cannot be recorded without breaking the scrape of all others."""

    def __init__(self, metric: str, problem: str) -> None:
        super().__init__(metric, problem)
        self.metric = metric
        self.problem = problem

    @property
    def where(self) -> str:
        return f"metric {self.metric}"

    @property
    def what(self) -> str:
        return self.problem


class MissingExtraError(PurveyorError, ImportError):
    """An optional dependency is not installed.

    Args:
        feature: What needs it.
        module: The module that could not be imported.
        requirement: What to give to ``pip install``.
    """

    permanent = True

    def __init__(self, feature: str, module: str, requirement: str) -> None:
        super().__init__(feature, module, requirement)
        self.feature = feature
        self.module = module
        self.requirement = requirement

    @property
    def what(self) -> str:
        return f"{self.feature} needs the module {self.module}, which is not installed"

    @property
    def hint(self) -> str:
        return f"pip install '{self.requirement}'"


# --- Data: what memory and storage have in common ---------------------------------------------------


class DataError(PurveyorError):
    """The base of errors about data in a memory store or a storage."""


class InvalidInputError(DataError, ValueError):
    """A key, path, value or argument is not acceptable; nothing was written.

    Args:
        argument: Which argument, down to the place inside it: ``"key"``, ``"value.prices[3]"``.
        problem: What is wrong with it.
        advice: What to do instead.
    """

    permanent = True

    def __init__(self, argument: str, problem: str, advice: str | None = None) -> None:
        super().__init__(argument, problem, advice)
        self.argument = argument
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.argument

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


class ConflictError(DataError):
    """A condition did not hold (create-only, if-match, version); nothing was written.

    Args:
        target: The key or path that was to be written.
        expected: The state the caller required: a version, an etag, or ``"absent"``.
        actual: The state that was found: a version, an etag, or None where nothing is.
    """

    def __init__(self, target: str, expected: object, actual: object) -> None:
        super().__init__(target, expected, actual)
        self.target = target
        self.expected = expected
        self.actual = actual

    @property
    def where(self) -> str:
        return self.target

    @property
    def what(self) -> str:
        found = "it does not exist" if self.actual is None else f"it is at {self.actual}"
        wanted = "it to be absent" if self.expected == "absent" else f"it to be at {self.expected}"
        return f"expected {wanted}, but {found}"

    @property
    def hint(self) -> str:
        return "read it again and decide anew"


class StoreError(DataError):
    """A backend could not do its work.

    Args:
        store: The backend and where it is, without credentials: ``"memory.sqlite /data/notes.db"``.
        problem: What went wrong.
        advice: What to do about it.
    """

    def __init__(self, store: str, problem: str, advice: str | None = None) -> None:
        super().__init__(store, problem, advice)
        self.store = store
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.store

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


class StoreClosedError(StoreError):
    """The backend is not open: never initialized, or already cleaned up."""


class StoreCorruptError(StoreError):
    """What lies on disk is not what this driver writes, or is damaged; it was left as it is."""


# `OSError` reads the arguments of the following three as a number, its text and a file's name. Their classes hide
# what it makes of the first and the last, and say what is so.


class StoreFullError(StoreError, OSError):
    """There is no room left; what was acknowledged before is safe."""

    errno = ENOSPC
    filename = None


class StoreBusyError(StoreError, TimeoutError):
    """Another process held the backend's lock for longer than the configured wait; nothing was written."""

    errno = ETIMEDOUT
    filename = None


class StorePermissionError(StoreError, PermissionError):
    """The operating system does not let this process read or write there."""

    errno = EACCES
    filename = None


class ObjectNotFoundError(DataError, FileNotFoundError):
    """No object lies at this path of a storage."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return "no such object"


class PathObstructedError(DataError):
    """Something that is no object lies in the way of a path; nothing was read or written.

    Args:
        path: The path that was asked for.
        obstacle: The path of what is in the way: `path` itself, or a part of it.
        kind: What it is: ``"a symbolic link"``, ``"a folder"``, ``"an object"``, ``"a special file"``.
    """

    def __init__(self, path: str, obstacle: str, kind: str) -> None:
        super().__init__(path, obstacle, kind)
        self.path = path
        self.obstacle = obstacle
        self.kind = kind

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return f"{self.obstacle} is {self.kind}"

    @property
    def hint(self) -> str:
        if self.kind in ("a folder", "an object"):
            return "on a file system an object and a folder cannot share a path: choose another one"
        return "links and special files are never followed: put a file or folder in its place"


class PartialDeleteError(DataError):
    """Some of many objects could not be deleted; all others are.

    Args:
        deleted: How many objects were deleted.
        errors: What went wrong, by path.
    """

    def __init__(self, deleted: int, errors: Mapping[str, DataError]) -> None:
        self.deleted = deleted
        self.errors = dict(errors)
        super().__init__(deleted, self.errors)

    @property
    def what(self) -> str:
        first = next(iter(self.errors.values()))
        return f"{self.deleted} deleted, {len(self.errors)} failed, the first with: {first}"


class ChecksumError(DataError):
    """Bytes do not have the checksum they should have; an upload was discarded, a download is not to be used."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(path, expected, actual)
        self.path = path
        self.expected = expected
        self.actual = actual

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return f"checksum is {self.actual}, expected {self.expected}"


# --- Configuration and drivers ----------------------------------------------------------------------


class ConfigProblem:
    """One thing that is wrong in a configuration.

    Args:
        key: The dotted path of the key: ``"providers.files.bucket"``; empty for the whole file.
        problem: What is wrong, and what was expected.
        advice: What to do, such as a near miss.
        file: The file it stands in, None if the configuration came from a mapping.
        line: Its line, from 1.
        column: Its column, from 1.
    """

    __slots__ = ("advice", "column", "file", "key", "line", "problem")

    def __init__(
        self,
        key: str,
        problem: str,
        advice: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.key = key
        self.problem = problem
        self.advice = advice
        self.file = file
        self.line = line
        self.column = column

    @property
    def place(self) -> str | None:
        """``file:line:column`` as far as it is known."""
        parts = [self.file, self.line, self.column]
        known = parts[: parts.index(None)] if None in parts else parts
        return ":".join(str(part) for part in known) or None

    def __str__(self) -> str:
        head = " ".join(part for part in (self.place, self.key) if part)
        text = f"{head}: {self.problem}" if head else self.problem
        return f"{text}; {self.advice}" if self.advice else text

    def __repr__(self) -> str:
        return f"ConfigProblem({str(self)!r})"


class ConfigError(PurveyorError, ValueError):
    """A configuration is not valid; it names everything that is wrong, not only the first."""

    permanent = True

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    @property
    def what(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class NotStartedError(PurveyorError, RuntimeError):
    """A system was to be reloaded that is not running."""

    @property
    def what(self) -> str:
        return "the system is not running"

    @property
    def hint(self) -> str:
        return "start it first"


class StartFailedError(LifecycleError):
    """An optional provider could not be started; it is tried again in the background.

    Args:
        name: The provider.
        reason: What it raised, as text.
    """

    def __init__(self, name: str, reason: str | None) -> None:
        super().__init__(name, reason)
        self.reason = reason

    @property
    def what(self) -> str:
        return f"provider {self.name} failed to start{f': {self.reason}' if self.reason else ''}"

    @property
    def hint(self) -> str | None:
        return None if self.reason else "see the log"


class DriverNotFoundError(PurveyorError, LookupError):
    """No driver of this name is installed."""

    permanent = True

    def __init__(self, driver: str, known: Iterable[str] = ()) -> None:
        self.driver = driver
        self.suggestions = near_misses(driver, known)
        super().__init__(driver, self.suggestions)

    @property
    def what(self) -> str:
        return f"no driver {self.driver!r} is installed"

    @property
    def hint(self) -> str | None:
        return _did_you_mean(self.suggestions) or "`purveyor drivers` lists what is installed"


class DriverLoadError(PurveyorError, ImportError):
    """A driver was found, but its code could not be imported or is no provider."""

    permanent = True

    def __init__(self, driver: str, source: str, problem: str, advice: str | None = None) -> None:
        super().__init__(driver, source, problem, advice)
        self.driver = driver
        self.source = source
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return f"driver {self.driver} ({self.source})"

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


# --- The doors: command line and HTTP ---------------------------------------------------------------


class ItemNotFoundError(DataError, LookupError):
    """A memory provider holds no item of this key.

    Args:
        provider: The provider's name.
        key: The key that was asked for.
        namespace: The namespace in which it was looked for.
    """

    def __init__(self, provider: str, key: str, namespace: Sequence[str] = ()) -> None:
        super().__init__(provider, key, namespace)
        self.provider = provider
        self.key = key
        self.namespace = tuple(namespace)

    @property
    def where(self) -> str:
        return f"{self.provider} {'/'.join((*self.namespace, self.key))}"

    @property
    def what(self) -> str:
        return "no such item"

    @property
    def hint(self) -> str | None:
        if self.namespace:
            return None
        listing = f"`purveyor memory list {self.provider}`"
        return f"it may stand in a namespace: give it with --namespace; {listing} shows all"


class FileInTheWayError(PurveyorError, FileExistsError):
    """A local file would be overwritten, which was not asked for."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return "there is a file already"

    @property
    def hint(self) -> str:
        return "--force replaces it"


class ListenError(PurveyorError):
    """The admin server cannot listen at this address.

    Args:
        address: The address that was asked for: ``"0.0.0.0:8765"``.
        problem: What is wrong with it.
        advice: What to do instead.
    """

    def __init__(self, address: str, problem: str, advice: str | None = None) -> None:
        super().__init__(address, problem, advice)
        self.address = address
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.address

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


class RuntimeFolderError(PurveyorError):
    """The folder of the records by which running processes are found is not this user's alone.

    Args:
        folder: The folder.
        problem: What is wrong with it.
    """

    def __init__(self, folder: str, problem: str) -> None:
        super().__init__(folder, problem)
        self.folder = folder
        self.problem = problem

    @property
    def where(self) -> str:
        return self.folder

    @property
    def what(self) -> str:
        return f"the folder of runtime records {self.problem}"

    @property
    def hint(self) -> str:
        return "remove it, or set XDG_RUNTIME_DIR to a folder of yours that nobody else may enter"


class NotRunningError(PurveyorError):
    """A command is for a running ``purveyor up``, and there is none of this configuration.

    Args:
        source: The configuration's file, or the folder where the embedded one would run.
        reason: What is known of one that there was.
    """

    def __init__(self, source: str, reason: str | None = None) -> None:
        super().__init__(source, reason)
        self.source = source
        self.reason = reason

    @property
    def where(self) -> str:
        return self.source

    @property
    def what(self) -> str:
        return f"no `purveyor up` runs it{f': {self.reason}' if self.reason else ''}"

    @property
    def hint(self) -> str:
        return "start it, or name the configuration that it was started with: --config"


class RemoteError(PurveyorError):
    """A running ``purveyor up`` could not do what it was asked.

    Args:
        kind: The class of the error there.
        problem: What is wrong.
        place: Where.
        advice: What to do.
    """

    def __init__(self, kind: str, problem: str, place: str | None = None, advice: str | None = None) -> None:
        super().__init__(kind, problem, place, advice)
        self.kind = kind
        self.problem = problem
        self.place = place
        self.advice = advice

    @property
    def where(self) -> str | None:
        return self.place

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


# --- Testing ----------------------------------------------------------------------------------------


class FakeClockError(PurveyorError, RuntimeError):
    """A fake clock was used where it cannot work, or a test waits for a time that never comes.

    Args:
        problem: What is wrong.
        advice: What to do about it.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str:
        return self.advice
