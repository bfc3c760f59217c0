"""Errors between a provider's start and its end, and of the event loop it lives on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.errors.base import PurveyorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from purveyor.metadata import ProviderStatus

__all__ = [
    "InvalidNeedError",
    "LifecycleError",
    "ManagerClosingError",
    "NeedFailedError",
    "NeedProblem",
    "NeedsError",
    "NoEventLoopError",
    "ProviderInUseError",
    "ProviderNotReadyError",
    "ProviderTimeoutError",
    "ProviderUnhealthyError",
    "ReentrantLifecycleError",
    "RegistrationAbortedError",
    "StrayCancellationError",
    "WrongEventLoopError",
]


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
        return f"Provider {self.name} was not registered: it was stopped meanwhile"


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
        self.permanent = abandoned  # a second one is not started beside what still runs

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
