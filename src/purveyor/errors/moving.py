"""Errors of moving data out of legacy stores, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.errors.base import PurveyorError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DestinationChangedError",
    "JournalError",
    "MoveCollisionError",
    "MoveError",
    "MoveProblem",
    "MoveRefusedError",
    "MoveVerificationError",
    "SourceChangedError",
    "UnknownFormatError",
]

#: How many of many things a text names.
_FEW = 10


@dataclass(frozen=True, slots=True)
class MoveProblem:
    """One thing that cannot be carried exactly as it is.

    Args:
        problem: What is wrong with it.
        advice: What to do about it.
        key: The key of the entry; None where none is known.
        file: The file it stands in, relative to the source; None for an item of a provider.
        line: The line, from 1; None where there are no lines.
        offset: Where it begins, in bytes from the beginning of the file.
        can_be_set_aside: Whether it could be read, and so can be put aside.
    """

    problem: str
    advice: str
    key: str | None = None
    file: str | None = None
    line: int | None = None
    offset: int | None = None
    can_be_set_aside: bool = True

    @property
    def place(self) -> str:
        """File and line, or the offset where there are no lines."""
        where = self.file or ""
        if self.line is not None:
            return f"{where}:{self.line}"
        return where if self.offset is None else f"{where} at byte {self.offset}"

    def __str__(self) -> str:
        key = None if self.key is None else f"key {self.key!r:.80}"
        where = ", ".join(part for part in (self.place, key) if part)
        text = f"{where}: {self.problem}; {self.advice}" if where else f"{self.problem}; {self.advice}"
        # Names of files and columns are others' words: they break no line, and tell a terminal nothing.
        return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class MoveError(PurveyorError):
    """Data cannot be moved as it is."""

    permanent = True


class MoveRefusedError(MoveError):
    """Some of the data cannot be carried exactly; nothing was written.

    Args:
        source: What was to be moved.
        problems: All that cannot.
    """

    def __init__(self, source: str, problems: Iterable[MoveProblem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(source, self.problems)

    @property
    def where(self) -> str:
        return self.source

    @property
    def what(self) -> str:
        count = len(self.problems)
        lines = [f"\n  {problem}" for problem in self.problems[:_FEW]]
        if count > _FEW:
            lines.append(f"\n  and {count - _FEW} more")
        things = "1 thing that cannot" if count == 1 else f"{count} things that cannot"
        return f"nothing was written, since it has {things} be carried exactly:{''.join(lines)}"

    @property
    def hint(self) -> str:
        if all(problem.can_be_set_aside for problem in self.problems):
            return "mend them, or put exactly these aside (set_aside, --set-aside), and move the rest"
        return "mend them first: some could not even be read, and so cannot be put aside"


class SourceChangedError(MoveError):
    """The source was written to while it was read; nothing was moved."""

    permanent = False

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source

    @property
    def where(self) -> str:
        return self.source

    @property
    def what(self) -> str:
        return "it changed while it was read, and nothing was moved"

    @property
    def hint(self) -> str:
        return "stop the process that still writes to it, and begin again"


class UnknownFormatError(MoveError):
    """What is there is none of the legacy formats.

    Args:
        source: The path.
        problem: Why not.
        advice: What to do instead.
    """

    def __init__(self, source: str, problem: str, advice: str) -> None:
        super().__init__(source, problem, advice)
        self.source = source
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.source

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str:
        return self.advice


class MoveCollisionError(MoveError):
    """The target has other things under some of the keys; nothing was written, or all but `stays` was undone.

    Args:
        target: The target.
        keys: The keys.
        stays: The keys of objects that were replaced or deleted before that was seen, and could not be undone.
    """

    def __init__(self, target: str, keys: Iterable[str], stays: Iterable[str] = ()) -> None:
        self.target = target
        self.keys = tuple(keys)
        self.stays = tuple(stays)
        super().__init__(target, self.keys, self.stays)

    @property
    def where(self) -> str:
        return self.target

    @property
    def what(self) -> str:
        written = (
            f"what was done to {_some(self.stays)} before stays done" if self.stays else "nothing was written"
        )
        return f"it holds something else under {_some(self.keys)}, and {written}"

    @property
    def hint(self) -> str:
        if self.stays:
            return "do the same again, which goes on from there"
        return 'choose another namespace, or say what is to stay: on_conflict "keep" or "replace"'


class MoveVerificationError(MoveError):
    """The target does not give back what was put there; what was put was taken out again.

    Args:
        target: The target.
        keys: The keys that came back missing or changed.
    """

    def __init__(self, target: str, keys: Iterable[str]) -> None:
        self.target = target
        self.keys = tuple(keys)
        super().__init__(target, self.keys)

    @property
    def where(self) -> str:
        return self.target

    @property
    def what(self) -> str:
        return f"it gave something else back than was put under {_some(self.keys)}; that was taken out again"

    @property
    def hint(self) -> str:
        return "look for what else writes there; if nothing does, its driver does not keep values as they are"


class JournalError(MoveError):
    """The journal of a move is not there, unfinished, damaged, or that of another move.

    Args:
        path: The journal.
        problem: What is wrong with it.
        advice: What to do about it.
    """

    def __init__(self, path: str, problem: str, advice: str) -> None:
        super().__init__(path, problem, advice)
        self.path = path
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str:
        return self.advice


class DestinationChangedError(MoveError):
    """On the way back, the legacy store is not as it was when its data was moved; nothing was written."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return "it is not what was moved from there, and nothing was written"

    @property
    def hint(self) -> str:
        return "move it away or name another place; overwrite (--overwrite) replaces it, and what it holds is gone"


def _some(keys: tuple[str, ...]) -> str:
    named = ", ".join(f"{key!r:.80}" for key in keys[:_FEW])
    return f"{named} and {len(keys) - _FEW} more keys" if len(keys) > _FEW else named
