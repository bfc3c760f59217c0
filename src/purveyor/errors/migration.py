"""Errors of reading and rewriting legacy source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from purveyor.errors.base import PurveyorError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CallScriptError",
    "ConstructionError",
    "LaneBusyError",
    "MigrationBusyError",
    "MigrationError",
    "MigrationFailedError",
    "MigrationJournalError",
    "MigrationRefusedError",
    "NotBuiltError",
    "PatchError",
    "PlanError",
    "Refusal",
    "SourceNotFoundError",
    "VerifyError",
]


class MigrationError(PurveyorError):
    """A migration of source files cannot be done, or not be undone."""


class PlanError(MigrationError, ValueError):
    """A plan cannot be read, or is not one that this version can carry out.

    Args:
        file: The plan.
        problem: What is wrong with it.
        advice: What to do.
        place: Which of its files, where it is about one.
    """

    permanent = True

    def __init__(self, file: str, problem: str, advice: str | None = None, place: str | None = None) -> None:
        super().__init__(file, problem, advice, place)
        self.file = file
        self.problem = problem
        self.advice = advice
        self.place = place

    @property
    def where(self) -> str:
        return f"{self.file}, {self.place}" if self.place else self.file

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str:
        return self.advice or "make the plan again with `purveyor migrate plan`"


class PatchError(MigrationError, ValueError):
    """A diff does not fit the bytes it is applied to, or is no unified diff.

    Args:
        path: The file that the diff is of.
        line: The line of the diff, from 1.
        problem: What is wrong there.
    """

    permanent = True

    def __init__(self, path: str, line: int, problem: str) -> None:
        super().__init__(path, line, problem)
        self.path = path
        self.line = line
        self.problem = problem

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.line} of its diff"

    @property
    def what(self) -> str:
        return self.problem


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a migration was not begun.

    Args:
        path: The file, relative to the root of the tree.
        problem: What is wrong with it.
        advice: What to do.
        three_way: For a file that was edited after the migration: what it was, what it was converted to and what
            it is now, where they differ.
    """

    path: str
    problem: str
    advice: str | None = None
    three_way: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        text = f"{self.path}: {self.problem}"
        return f"{text}; {self.advice}" if self.advice else text


class MigrationRefusedError(MigrationError):
    """Nothing was changed, because something is not as the plan expects it; all of it is named.

    Args:
        action: ``"apply"`` or ``"rollback"``.
        refusals: The reasons.
        root: The tree.
    """

    permanent = True

    def __init__(
        self, action: Literal["apply", "rollback"], refusals: Iterable[Refusal], root: str | None = None
    ) -> None:
        self.action = action
        self.refusals = tuple(refusals)
        self.root = root
        super().__init__(action, self.refusals, root)

    @property
    def where(self) -> str | None:
        return self.root

    @property
    def what(self) -> str:
        return "\n".join([f"{self.action} was refused, and nothing was changed", *map(str, self.refusals)])


class MigrationFailedError(MigrationError):
    """The operating system stopped a migration on its way.

    Args:
        action: ``"apply"`` or ``"rollback"``.
        path: The file at which it stopped, relative to the root of the tree.
        problem: What the operating system said.
        outcome: How the tree is now: ``"unchanged"``, ``"undone"`` (as it was before, since what had been done was
            undone) or ``"unfinished"`` (some files are as before, some as planned; none is in between).
    """

    def __init__(
        self,
        action: Literal["apply", "rollback"],
        path: str,
        problem: str,
        outcome: Literal["unchanged", "undone", "unfinished"],
    ) -> None:
        super().__init__(action, path, problem, outcome)
        self.action = action
        self.path = path
        self.problem = problem
        self.outcome = outcome

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        state = {
            "unchanged": "nothing was changed",
            "undone": "what had been done was undone",
            "unfinished": "some files are as before and some as planned",
        }
        return f"{self.action} failed: {self.problem}; {state[self.outcome]}"

    @property
    def hint(self) -> str:
        if self.outcome == "unfinished":
            return "mend the cause; then `purveyor migrate apply` finishes it, or `rollback` undoes it"
        return "mend the cause, and run it again"


class MigrationJournalError(MigrationError):
    """The journal of a migration was changed by somebody else, or is damaged.

    Args:
        file: The file of the journal.
        problem: What is wrong with it.
        advice: What to do.
    """

    permanent = True

    def __init__(self, file: str, problem: str, advice: str | None = None) -> None:
        super().__init__(file, problem, advice)
        self.file = file
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.file

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


class MigrationBusyError(MigrationError):
    """Another process is changing this tree.

    Args:
        root: The tree.
    """

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.root = root

    @property
    def where(self) -> str:
        return self.root

    @property
    def what(self) -> str:
        return "another process is applying or rolling back a migration here"

    @property
    def hint(self) -> str:
        return "wait until it is over"


class SourceNotFoundError(MigrationError, FileNotFoundError):
    """There is no file and no folder to read.

    Args:
        path: What was to be read.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return "no such file or folder"

    @property
    def hint(self) -> str:
        return "name the folder that holds the sources, or one file"


class NotBuiltError(MigrationError, AttributeError):
    """An adapted factory has made nothing yet, or not any more: there is nothing that has the attribute.

    Args:
        provider: The provider's name.
        attribute: What was asked of it.
    """

    def __init__(self, provider: str, attribute: str) -> None:
        super().__init__(provider, attribute)
        self.provider = provider
        self.attribute = attribute

    @property
    def where(self) -> str:
        return f"{self.provider}.{self.attribute}"

    @property
    def what(self) -> str:
        return "the legacy object is made by a factory, and is not there"

    @property
    def hint(self) -> str:
        return "initialize the provider first, or register it"


class LaneBusyError(MigrationError, TimeoutError):
    """A plain call from an event loop's thread did not get its turn; it was not run.

    Args:
        provider: The provider's name.
        seconds: How long it has waited.
    """

    def __init__(self, provider: str, seconds: float) -> None:
        super().__init__(provider, seconds)
        self.provider = provider
        self.seconds = seconds

    @property
    def where(self) -> str:
        return self.provider

    @property
    def what(self) -> str:
        return f"its thread was not free within {self.seconds:g} s, and the event loop must not wait any longer"

    @property
    def hint(self) -> str:
        return 'adapt(..., sync="await") makes its methods awaitable'


class ConstructionError(MigrationError, TypeError):
    """A registry cannot build a legacy class from a config: the constructor takes something else.

    Args:
        cls: The class.
        signature: What its constructor takes.
        keys: The keys of the config.
    """

    permanent = True

    def __init__(self, cls: str, signature: str, keys: Iterable[str] = ()) -> None:
        super().__init__(cls, signature, tuple(keys))
        self.cls = cls
        self.signature = signature
        self.keys = tuple(keys)

    @property
    def where(self) -> str:
        return f"{self.cls}{self.signature}"

    @property
    def what(self) -> str:
        given = f"the keys {', '.join(self.keys)}" if self.keys else "an empty config"
        return f"it cannot be built from {given}"

    @property
    def hint(self) -> str:
        return "register a function that builds it: registry.register_provider(name, build)"


class VerifyError(MigrationError):
    """Old and new cannot be tried out.

    Args:
        problem: What is in the way.
        path: The file or folder at which it was met.
    """

    def __init__(self, problem: str, path: str | None = None) -> None:
        super().__init__(problem, path)
        self.problem = problem
        self.path = path

    @property
    def where(self) -> str | None:
        return self.path

    @property
    def what(self) -> str:
        return f"old and new cannot be tried out: {self.problem}"


class CallScriptError(MigrationError, ValueError):
    """A script of calls cannot be read, or does not say what to call.

    Args:
        file: The script.
        problem: What is wrong with it.
        place: Where in it: ``"[0].calls[2].args"``.
    """

    permanent = True

    def __init__(self, file: str, problem: str, place: str | None = None) -> None:
        super().__init__(file, problem, place)
        self.file = file
        self.problem = problem
        self.place = place

    @property
    def where(self) -> str:
        return f"{self.file} {self.place}" if self.place else self.file

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str:
        return 'a script is a list of {"class": "module:Class", "build": {…}, "calls": [{"method": …}]}'
