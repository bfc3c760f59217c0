"""One module on both sides: run until it is known what differs, and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from purveyor.migrate.verify.child.contract import CONTRACT
from purveyor.migrate.verify.compare import Judgement, Seen, judge, told
from purveyor.migrate.verify.observing import IMPORT, now, steps_of
from purveyor.migrate.verify.result import Comparison, NotExercised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from purveyor.migrate.verify.observing import Observer, Run, Unit

__all__ = ["Trial"]

#: Runs of each side: where they differ at all, and where what differs may be chance.
_TWICE, _OFTEN = 2, 4

_UNREACHED = "unreached"


class Trial:
    """One module on both sides, as often as it takes."""

    def __init__(self, observer: Observer, unit: Unit) -> None:
        self._observer = observer
        self._unit = unit
        self._now = now()
        self._olds: list[Run] = []
        self._news: list[Run] = []
        self._plays: list[dict[str, Any]] = []
        self._contracts: list[dict[str, Any]] = []
        self.comparisons: list[Comparison] = []
        self.not_exercised: dict[NotExercised, None] = {}

    def run(self) -> None:
        """Run it, and compare."""
        first = self._observer.run("old", self._unit, None, self._now)
        self._plays = first.plays or []
        contracts = {
            play["class"]: {**play, "kind": "contract", "calls": []}
            for play in reversed(self._plays)
            if play["kind"] == "lifecycle"
        }
        self._contracts = [contracts[name] for name in sorted(contracts)]
        self._olds.append(first)
        self._news.append(self._new())
        while not self._settled():
            self._olds.append(self._observer.run("old", self._unit, self._plays, self._now))
            self._news.append(self._new())

    def builds(self) -> dict[str, dict[str, Any]]:
        """What they were built with so that it worked on the old side, by ``module:Class``: the first of each."""
        found: dict[str, dict[str, Any]] = {}
        for number, play in enumerate(self._plays):
            if self._seen(self._olds[0], (number, 0)).works:
                found.setdefault(play["class"], play["build"])
        return found

    def _new(self) -> Run:
        return self._observer.run("new", self._unit, [*self._plays, *self._contracts], self._now)

    def _settled(self) -> bool:
        """Compare what there is; whether further runs would tell more."""
        self.comparisons, self.not_exercised = [], {}
        chance = self._compare()
        outcomes = {each.outcome for each in self.comparisons}
        runs = len(self._olds)
        if runs < _TWICE:
            return outcomes <= {"same", "same-failure"}
        return runs == _OFTEN or not chance

    def _compare(self) -> bool:
        """Whether something regressed that may differ by chance: both sides work, and show different things."""
        judgement = judge(*self._sides(IMPORT, "import"))
        self._add("", 0, "import", judgement)
        self._skip(self._olds[0].skipped)
        self._skip([each for each in self._news[0].skipped if each not in self._olds[0].skipped])
        broken = [name for name, runs in (("old", self._olds), ("new", self._news)) if not runs[0].imported]
        if broken:
            for name in self._unit.classes:
                self._not_exercised(name, "", f"its module cannot be imported: {' and '.join(broken)}")
            return self._may_be_chance(IMPORT, judgement)
        chance = self._may_be_chance(IMPORT, judgement)
        scenarios: dict[str, int] = {}
        for number, play in enumerate(self._plays):
            name = play["class"].partition(":")[2]
            scenarios[name] = scenarios.get(name, 0) + 1
            chance = self._compare_play(number, play, name, scenarios[name]) or chance
        for number, play in enumerate(self._contracts, len(self._plays)):
            name = play["class"].partition(":")[2]
            self._judge_contract(number, play, name, scenarios[name] + 1)
        return chance

    def _compare_play(self, number: int, play: dict[str, Any], name: str, scenario: int) -> bool:
        """The steps of one play; whether one regressed that may differ by chance."""
        chance = diverged = regressed = False
        stopped = hint = ""
        steps = steps_of(play)
        for step, text in enumerate(steps):
            olds, news = self._sides((number, step), text)
            lost = all(each.outcome == _UNREACHED for each in news)
            never = all(each.outcome == _UNREACHED for each in olds)
            if lost and (regressed or never):
                self._not_exercised(name, text, f"not reached, since {stopped}{hint if never else ''}")
                continue
            judgement = judge(olds, news, diverged=diverged)
            self._add(name, scenario, text, judgement)
            diverged = diverged or judgement.outcome == "fixed"
            if judgement.outcome == "regressed":
                regressed = True
                chance = chance or self._may_be_chance((number, step), judgement)
            if not news[0].works:
                stopped = f"{text} {told(news[0])}"
                by_others = step < len(steps) - 2 and name not in self._unit.scripted  # the last is no call
                hint = "; give its calls with --script" if by_others else ""
        return chance

    def _may_be_chance(self, place: tuple[int, int], judgement: Judgement) -> bool:
        """Whether what regressed may differ by chance: both sides work, or fail, in different ways."""
        old, new = (self._seen(runs[0], place) for runs in (self._olds, self._news))
        return judgement.outcome == "regressed" and old.works == new.works

    def _judge_contract(self, number: int, play: dict[str, Any], name: str, scenario: int) -> None:
        """What the legacy lifecycle could not do either is not asked of the converted class."""
        lifecycle = next(n for n, each in enumerate(self._plays) if _is_lifecycle_of(each, play["class"]))
        roles = self._plays[lifecycle]["roles"]
        failed = {
            role for step, role in enumerate(roles) if not self._seen(self._olds[0], (lifecycle, step)).works
        }
        for step, (text, needed) in enumerate(zip(steps_of(play), CONTRACT.values(), strict=True)):
            news = [self._seen(run, (number, step)) for run in self._news]
            if all(each.outcome == _UNREACHED for each in news):
                continue  # the step before it failed, or the contract cannot be played, which was said
            if any(each.works for each in news):
                judgement = Judgement("same")
            elif failed.intersection(needed):
                judgement = Judgement("same-failure")
            else:
                judgement = Judgement("regressed", "result", "the legacy lifecycle worked", told(news[0]))
            self._add(name, scenario, text, judgement)

    def _sides(self, place: tuple[int, int], text: str) -> tuple[list[Seen], list[Seen]]:
        missing = Seen(text, _UNREACHED)
        olds, news = ([run.seen.get(place, missing) for run in runs] for runs in (self._olds, self._news))
        return olds, news

    def _seen(self, run: Run, place: tuple[int, int]) -> Seen:
        return run.seen.get(place, Seen("", _UNREACHED))

    def _add(self, name: str, scenario: int, text: str, judgement: Judgement) -> None:
        found = Comparison(
            self._unit.module,
            name,
            scenario,
            text,
            judgement.outcome,
            judgement.aspect,
            judgement.old,
            judgement.new,
        )
        self.comparisons.append(found)

    def _skip(self, skipped: Iterable[dict[str, str]]) -> None:
        for each in skipped:
            self._not_exercised(each["class"].partition(":")[2], each["member"], each["reason"])

    def _not_exercised(self, name: str, member: str, reason: str) -> None:
        self.not_exercised[NotExercised(self._unit.module, name, member, reason)] = None


def _is_lifecycle_of(play: dict[str, Any], name: str) -> bool:
    return bool(play["kind"] == "lifecycle" and play["class"] == name)
