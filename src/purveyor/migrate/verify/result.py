"""What a verification found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OUTCOMES", "Comparison", "NotExercised", "Outcome", "Verification"]

#: ``same`` and ``same-failure``: old and new agree. ``fixed``: the old one failed or did not end, and the new one
#: works. ``nondeterministic``: they differ in nothing but what differs between two runs of one side as well.
Outcome: TypeAlias = Literal["same", "same-failure", "fixed", "regressed", "nondeterministic"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One step, as both sides took it.

    Args:
        module: The module, as it is imported.
        subject: The class; empty for the import of the module.
        scenario: Which series of calls it belongs to, from 1 in each class; 0 for an import.
        step: The call, for people.
        outcome: How the two sides compare.
        aspect: In what they differ: ``"result"``, ``"files"``, ``"log"``, ``"stdout"``, ``"outside"`` (what was
            refused, since it led out of the sandbox); empty where they do not.
        old: What the old side showed there; empty where they do not differ.
        new: What the new side showed there.
    """

    module: str
    subject: str
    scenario: int
    step: str
    outcome: Outcome
    aspect: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class NotExercised:
    """Something of which nothing is known, since it never ran.

    Args:
        module: The module.
        subject: The class.
        member: The method; empty for the class as a whole.
        reason: Why it did not run.
    """

    module: str
    subject: str
    member: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """All comparisons, in the order of the plan.

    Args:
        comparisons: What ran on both sides.
        not_exercised: What did not.
    """

    comparisons: tuple[Comparison, ...] = field(repr=False)
    not_exercised: tuple[NotExercised, ...] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether nothing regressed."""
        return not self.regressed

    @property
    def regressed(self) -> tuple[Comparison, ...]:
        """What worked, and does not any more, or does otherwise."""
        return tuple(each for each in self.comparisons if each.outcome == "regressed")

    @property
    def counts(self) -> Mapping[str, int]:
        """How many steps there are of each outcome, and as ``not-exercised`` how much did not run."""
        counts: dict[str, int] = dict.fromkeys(OUTCOMES, 0)
        for each in self.comparisons:
            counts[each.outcome] += 1
        return counts | {"not-exercised": len(self.not_exercised)}

    def to_json(self) -> dict[str, Any]:
        """The result as JSON data; it holds no date and no path of this machine."""
        return {"ok": self.ok, "counts": dict(self.counts), **asdict(self)}
