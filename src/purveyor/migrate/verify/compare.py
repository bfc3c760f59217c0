"""Judges what two sides showed. Pure functions over what the processes told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from purveyor.migrate.verify.result import Outcome

__all__ = ["Judgement", "Seen", "judge", "told"]

#: In the order in which a difference is told.
_ASPECTS = ("result", "files", "stdout", "log", "outside")
#: Characters that are shown of what differs.
_SHOWN = 400


@dataclass(frozen=True)
class Seen:
    """What one run showed of one step.

    Args:
        label: The call, for people.
        outcome: ``"value"``, ``"error"``, ``"timeout"``, ``"died"`` (the process ended) or ``"unreached"``.
        aspects: A tree of texts by aspect.
    """

    label: str
    outcome: str
    aspects: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def works(self) -> bool:
        """Whether it came to its end as it should."""
        return self.outcome == "value"


@dataclass(frozen=True)
class Judgement:
    """How the sides compare in one step; see `purveyor.migrate.verify.result.Comparison`."""

    outcome: Outcome
    aspect: str = ""
    old: str = ""
    new: str = ""


def judge(olds: Sequence[Seen], news: Sequence[Seen], *, diverged: bool = False) -> Judgement:
    """Compare one step.

    Args:
        olds: What the runs of the old side showed, one each.
        news: What those of the new side did.
        diverged: Whether an earlier step of the series was fixed, so that the new side stands elsewhere by right.
    """
    works_old, works_new = [each.works for each in olds], [each.works for each in news]
    if not any(works_old) and all(works_new):
        return _told("fixed", "result", olds, news)
    if all(works_old) and not any(works_new):
        return _told("regressed", "result", olds, news)
    if len({*works_old, *works_new}) > 1:
        return _told("nondeterministic", "result", olds, news)
    agreed: Outcome = "same" if all(works_old) else "same-failure"
    if agreed == "same-failure" and olds[0].outcome in {"timeout", "died", "unreached"}:
        return Judgement(agreed)  # there was nothing that the new side could have kept
    found = [(aspect, _compare(aspect, olds, news)) for aspect in _ASPECTS]
    for outcome in ("regressed", "nondeterministic"):
        for aspect, difference in found:
            if difference == outcome:
                return _told("fixed" if diverged and outcome == "regressed" else outcome, aspect, olds, news)
    return Judgement(agreed)


def _compare(aspect: str, olds: Sequence[Seen], news: Sequence[Seen]) -> Outcome:
    """One aspect: what differs between runs of one side is no difference between the sides."""
    sides = [[_leaves(_aspect(each, aspect)) for each in side] for side in (olds, news)]
    if all(each == sides[0][0] for side in sides for each in side):
        return "same"
    unsteady = {place for side in sides for each in side[1:] for place in _differing(side[0], each)}
    left = _differing(sides[0][0], sides[1][0])
    # A place below an unsteady one moves with it: a container that has another size in each run.
    steady = [place for place in left if not any(place[: len(other)] == other for other in unsteady)]
    return "regressed" if steady else "nondeterministic"


def _aspect(seen: Seen, aspect: str) -> Any:
    return [seen.outcome, seen.aspects.get("told")] if aspect == "result" else seen.aspects.get(aspect)


def _leaves(tree: Any) -> dict[tuple[str, ...], str]:
    return dict(_walk(tree, ()))


def _walk(tree: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, dict):
        yield place, "object"
        for key in tree:
            yield from _walk(tree[key], (*place, key))
    elif isinstance(tree, list):
        yield place, f"{len(tree)} elements"
        for number, each in enumerate(tree):
            yield from _walk(each, (*place, str(number)))
    else:
        yield place, json.dumps(tree)


def _differing(one: dict[tuple[str, ...], str], other: dict[tuple[str, ...], str]) -> set[tuple[str, ...]]:
    return {place for place in one.keys() | other.keys() if one.get(place) != other.get(place)}


def _told(outcome: Outcome, aspect: str, olds: Sequence[Seen], news: Sequence[Seen]) -> Judgement:
    old, new = next(
        ((old, new) for old, new in zip(olds, news, strict=True) if _aspect(old, aspect) != _aspect(new, aspect)),
        (olds[0], news[0]),
    )
    texts = _text(old, aspect), _text(new, aspect)
    at = max(0, _common(*texts) - _SHOWN // 4)  # long texts are shown from where they begin to differ
    return Judgement(outcome, aspect, *(_cut(text, at) for text in texts))


def told(seen: Seen) -> str:
    """What came of a step, for people."""
    content: Any = seen.aspects.get("told")
    if seen.outcome == "error":
        return f"{content['type']}: {content['message']}"
    if seen.outcome == "value":
        return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    words = {"timeout": "it did not end in time", "unreached": "it was not reached"}
    return words.get(seen.outcome) or f"the process ended: {content}"


def _text(seen: Seen, aspect: str) -> str:
    if aspect == "result":
        return told(seen)
    content = seen.aspects.get(aspect)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _common(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _cut(text: str, at: int) -> str:
    if len(text) <= _SHOWN:
        return text
    part = text[at : at + _SHOWN]
    return ("…" if at else "") + part + ("…" if at + _SHOWN < len(text) else "")
