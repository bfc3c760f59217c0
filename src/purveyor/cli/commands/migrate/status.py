"""``purveyor migrate status``: how far a plan is carried out."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - click asks for it
from typing import TYPE_CHECKING

import click
from rich.text import Text

from purveyor.cli.commands.migrate.shared import next_command, one_line, plan_argument, root_option
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from purveyor.migrate.change.standing import State

__all__ = ["command"]

_WORDS = {
    "before": ("as before", "dim"),
    "after": ("as planned", "green"),
    "other": ("changed since", "yellow"),
    "missing": ("missing", "red"),
}


@click.command(cls=Command, name="status")
@plan_argument
@root_option
@pass_settings
def command(settings: Settings, plan: Path, root: Path | None) -> None:
    """Show how each file of PLAN is: as before, as planned, or changed since."""
    from purveyor.migrate.change.standing import status  # noqa: PLC0415 - completion and help do without

    output = Output(settings)
    states = status(plan, root=root)
    output.result(states, lambda: _show(output, states, plan, root))


def _show(output: Output, states: Mapping[str, State], plan: Path, root: Path | None) -> None:
    names = {path: one_line(path) for path in states}
    width = max(map(len, names.values()), default=0)
    for path, state in states.items():
        output.line(Text(f"{names[path]:{width}}  ").append(*_WORDS[state]))
    if not states:
        output.note("the plan changes nothing")
        return
    found = list(states.values())
    counts = [f"{found.count(state)} {word}" for state, (word, _) in _WORDS.items() if state in found]
    output.note(", ".join(counts))
    output.note(_advice(set(found), plan, root))


def _advice(states: set[State], plan: Path, root: Path | None) -> str:
    apply, rollback = next_command("apply", plan, root), next_command("rollback", plan, root)
    if states == {"before"}:
        return f"next: {apply}"
    if states == {"after"}:
        return f"{rollback} undoes it"
    if states == {"before", "after"}:
        return f"{apply} finishes it, and {rollback} undoes it"
    return f"{apply} and {rollback} tell what is in their way"
