"""``purveyor migrate status``: how far a plan is carried out."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - click asks for it

import click
from rich.text import Text

from purveyor.cli.commands.migrate.shared import plan_argument, root_option
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, visible

__all__ = ["command"]

_WORDS = {
    "before": ("as before", "dim"),
    "after": ("as planned", "green"),
    "other": ("edited since", "yellow"),
    "missing": ("missing", "red"),
}


@click.command(cls=Command, name="status")
@plan_argument
@root_option
@pass_settings
def command(settings: Settings, plan: Path, root: Path | None) -> int:
    """Show how each file of PLAN is: as before, as planned, or edited since."""
    from purveyor.migrate.change.standing import status  # noqa: PLC0415 - completion and help do without

    output = Output(settings)
    try:
        states = status(plan, root=root)
    except Exception as error:
        output.failure(error)
        return 1

    def show() -> None:
        width = max(map(len, states), default=0)
        for path, state in states.items():
            output.line(Text(f"{visible(path):{width}}  ").append(*_WORDS[state]))
        if not states:
            output.note("the plan changes nothing")

    output.result(states, show)
    return 0
