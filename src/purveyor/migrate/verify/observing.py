"""One run of a module on one side: what its process told, put together over all the times it had to be started."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import purveyor
from purveyor.migrate.verify import process
from purveyor.migrate.verify.child.contract import CONTRACT
from purveyor.migrate.verify.child.specs import label
from purveyor.migrate.verify.compare import Seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from purveyor.migrate.verify.process import Told
    from purveyor.migrate.verify.trees import Side, Workspace

__all__ = ["IMPORT", "Observer", "Run", "Unit", "steps_of"]

#: Where the import of the module stands among the steps.
IMPORT = (-1, 0)


@dataclass(frozen=True)
class Unit:
    """A module that is tried out.

    Args:
        module: Its name.
        classes: Its converted classes, by their qualified names, each with the calls that are known for it.
        scripted: The classes whose calls a script gives, and no others are to be made.
        keys: By class, the keys that its settings must have, with their types as texts.
    """

    module: str
    classes: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, "list[dict[str, Any]]"])
    scripted: frozenset[str] = frozenset()
    keys: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


@dataclass
class Run:
    """What one run showed.

    Args:
        seen: By play and step.
        plays: What is played; None as long as nobody has said so.
        skipped: What cannot be played: ``class``, ``member`` and ``reason``.
    """

    seen: dict[tuple[int, int], Seen] = field(default_factory=dict[tuple[int, int], Seen])
    plays: list[dict[str, Any]] | None = None
    skipped: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    @property
    def imported(self) -> bool:
        """Whether the module could be imported."""
        return IMPORT in self.seen and self.seen[IMPORT].works

    def skip(self, cls: str, reason: str, member: str = "") -> None:
        """Something cannot be played."""
        self.skipped.append({"class": cls, "member": member, "reason": reason})


class Observer:
    """Runs modules.

    Args:
        workspace: The trees.
        paths: The folders from which the trees' modules are imported, relative to a tree.
        timeout: How long one step may take, in seconds.
        converted: The classes that are converted, as ``module:Class``, each with the keys that its settings must
            have, and their types as texts.
    """

    def __init__(
        self,
        workspace: Workspace,
        paths: Sequence[str],
        timeout: float,
        converted: Mapping[str, Mapping[str, str]],
    ) -> None:
        #: What converted classes were built with so that it worked: for where one is a parameter of another.
        self.builds: dict[str, dict[str, Any]] = {}
        self._workspace = workspace
        tree = workspace.tree
        self._paths = [str(tree / path) for path in paths]
        if str(tree) not in self._paths:
            self._paths.append(str(tree))
        self._timeout = timeout
        self._converted = converted

    def run(self, side: Side, unit: Unit, plays: list[dict[str, Any]] | None, now: float) -> Run:
        """Import a module on one side, and play.

        Args:
            side: Which.
            unit: The module.
            plays: What to play; None to have it derived from the classes as they are on this side.
            now: What the clock shows.

        Raises:
            VerifyError: The interpreter does not start.
        """
        run = Run(plays=plays)
        start = 0
        while True:
            with self._workspace.turn(side):
                told = self._process(unit, run.plays, start, now)
            last = _take_in(run, told)
            if told.ended == "done" or run.plays is None or not run.imported:
                break
            if last < start:  # it ended before it got there
                run.skip(run.plays[start]["class"], f"its process ended: {told.how or told.ended}")
            start = max(start, last) + 1  # what comes after the play that ended the process
            if start >= len(run.plays):
                break
        if run.imported and run.plays is None:
            for name in unit.classes:
                run.skip(
                    f"{unit.module}:{name}", f"its process ended as it was looked at: {told.how or told.ended}"
                )
        return run

    def _process(self, unit: Unit, plays: list[dict[str, Any]] | None, start: int, now: float) -> Told:
        sandbox = self._workspace.sandbox
        job = {
            "module": unit.module,
            "paths": self._paths,
            "tail": [str(Path(purveyor.__file__).parent.parent)],
            "sandbox": str(sandbox),
            "scratch": str(sandbox / "tmp"),
            "printed": str(self._workspace.folder / "printed"),
            "now": now,
            "timeout": self._timeout,
            "start": start,
            "plays": plays,
            "opaque": list(self._converted),
            "keys": self._converted,
            "builds": self.builds,
            "classes": [
                {
                    "name": f"{unit.module}:{name}",
                    "seeds": seeds,
                    "scripted": name in unit.scripted,
                }
                for name, seeds in unit.classes.items()
            ],
        }
        return process.run(
            job,
            folder=self._workspace.folder,
            sandbox=sandbox,
            cwd=self._workspace.tree,
            timeout=self._timeout,
        )


def now() -> float:
    """The time that both sides are shown, in seconds since the epoch."""
    return float(int(time.time()))


def steps_of(play: dict[str, Any]) -> list[str]:
    """The steps of a play, for people."""
    if play["kind"] == "contract":
        return [f"contract: {name}" for name in CONTRACT]
    build = label(play["class"].rpartition(":")[2], play["build"]["args"], play["build"]["kwargs"])
    return [build, *(label(call["method"], call["args"], call["kwargs"]) for call in play["calls"]), "left behind"]


def _take_in(run: Run, told: Told) -> int:
    """Add what a process told; the number of the last play that it began."""
    begun: dict[str, Any] | None = None
    last = -1
    for message in told.messages:
        kind = message["kind"]
        if kind == "begin":
            begun = message
            last = max(last, message["play"])
        elif kind == "end":
            assert begun is not None
            seen = Seen(begun["label"], message["outcome"], message)
            run.seen.setdefault((begun["play"], begun["step"]), seen)  # a module is imported in each process
            begun = None
        elif kind == "plays":
            run.plays = message["plays"]
            run.skipped += message["skipped"]
        elif kind == "missing":
            run.skip(message["name"], message["reason"])
        else:
            assert run.plays is not None
            run.skip(run.plays[message["play"]]["class"], message["reason"], "contract")
            last = max(last, message["play"])
    if begun is not None:
        run.seen.setdefault((begun["play"], begun["step"]), Seen(begun["label"], told.ended, {"told": told.how}))
    return last
