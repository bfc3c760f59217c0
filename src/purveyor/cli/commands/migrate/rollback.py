"""``purveyor migrate rollback``: a plan undone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from purveyor.cli.commands.migrate.refusals import show_refusal
from purveyor.cli.commands.migrate.shared import (
    file_count,
    near,
    next_command,
    one_line,
    plan_argument,
    root_option,
    told_if_interrupted,
)
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output
from purveyor.errors import MigrationRefusedError

if TYPE_CHECKING:
    from purveyor.migrate.change.rollback import RolledBack

__all__ = ["command"]


@click.command(cls=Command, name="rollback")
@plan_argument
@root_option
@click.option(
    "--force", is_flag=True, help="Restore files that were edited since; the edited ones become NAME.rej."
)
@pass_settings
def command(settings: Settings, plan: Path, root: Path | None, force: bool) -> int:
    """Undo PLAN, or what a killed process has done of it, to the byte.

    Files that were edited since are not touched, and nothing else is then; what the edits are is shown.
    """
    from purveyor.migrate.change.rollback import rollback  # noqa: PLC0415 - completion and help do without

    output = Output(settings)
    try:
        with told_if_interrupted(output, plan, root):
            undone = rollback(plan, root=root, force=force)
    except MigrationRefusedError as error:
        return show_refusal(output, settings, error)
    output.result(asdict(undone), lambda: _show(output, undone))
    return 0


def _show(output: Output, undone: RolledBack) -> None:
    for path in undone.restored:
        output.line(Text.assemble(("~ ", "green"), one_line(path)))
    for path, kept in undone.kept:
        output.warn(f"{one_line(path)} had been edited; that version is in {one_line(kept)}")
    for path in undone.left:
        output.warn(f"{one_line(path)} is left where it is: somebody has changed it")
    for path in undone.others:
        output.warn(f"{one_line(path)} is missing, or was changed since the plan was made, and is left as it is")
    if undone.others:
        output.note(f"nothing to undo: the plan is not applied in {undone.root}")
    elif undone.plans:
        output.note(f"nothing to do: this plan is not applied in {undone.root}")
    elif undone.nothing_to_do:
        output.note(f"nothing to do: everything in {undone.root} is as before")
    else:
        output.note(f"{file_count(len(undone.restored))} restored in {undone.root}")
    for path in undone.plans:
        command = next_command("rollback", near(Path(undone.root, path)))
        output.note(f"another plan is carried out there; {command} undoes that one")
