"""`PurveyorError`, the base of all errors, and how near misses are found."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PurveyorError", "did_you_mean", "near_misses"]

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


def did_you_mean(candidates: tuple[str, ...]) -> str | None:
    """Candidates as advice; None if there are none."""
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
