"""``purveyor migrate apply``: a plan carried out."""

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
    from purveyor.migrate.change.apply import Applied

__all__ = ["command"]


@click.command(cls=Command, name="apply")
@plan_argument
@root_option
@click.option("--allow-dirty", is_flag=True, help="Change files with work in them that is not committed, too.")
@pass_settings
def command(settings: Settings, plan: Path, root: Path | None, allow_dirty: bool) -> int:
    """Carry out PLAN.

    Every file is looked at before the first is changed, and the original of each is kept beside it as
    NAME_legacy.py. Killed anywhere, `apply` finishes it and `rollback` undoes it.
    """
    from purveyor.migrate.change.apply import apply  # noqa: PLC0415 - completion and help do without

    output = Output(settings)
    try:
        with told_if_interrupted(output, plan, root):
            applied = apply(plan, root=root, allow_dirty=allow_dirty)
    except MigrationRefusedError as error:
        return show_refusal(output, settings, error)
    output.result(asdict(applied), lambda: _show(output, applied, plan, root))
    return 0


def _show(output: Output, applied: Applied, plan: Path, root: Path | None) -> None:
    for path in applied.changed:
        output.line(Text.assemble(("~ ", "green"), one_line(path)))
    for path, warning in applied.warnings:
        output.warn(f"{one_line(path)}:{warning['line']}: {warning['message']}")
    if applied.nothing_to_do:
        output.note(f"nothing to do: everything in {applied.root} is as planned already")
        return
    already = f", {len(applied.already)} already as planned" if applied.already else ""
    output.note(f"{file_count(len(applied.changed))} changed in {applied.root}{already}")
    _show_lacking(output, Path(applied.root))
    output.note(f"next: {next_command('verify', plan, root)}")


def _show_lacking(output: Output, tree: Path) -> None:
    from purveyor.migrate.change.requirements import OLDEST, lacking  # noqa: PLC0415

    if lacks := lacking(tree):
        file = one_line(str(near(lacks.file)))
        if lacks.python is not None:
            oldest = ".".join(map(str, OLDEST))
            output.warn(f"{file} allows Python {lacks.python!r}; Purveyor needs {oldest} or newer")
        if lacks.dependency:
            output.note(f"add purveyor to the dependencies in {file}")
