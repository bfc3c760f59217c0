"""``purveyor migrate plan``: what a migration would change, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from purveyor.cli.commands.migrate.shared import (
    count_states,
    diff_line,
    exclude_option,
    file_count,
    next_command,
    one_line,
    progress,
    refuse_missing_folder,
    state_text,
    tree_argument,
    write_whole,
)
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, visible
from purveyor.errors import PlanError

if TYPE_CHECKING:
    from purveyor.migrate.change.plan import Plan

__all__ = ["command"]


@click.command(cls=Command, name="plan")
@tree_argument
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PLAN",
    help="The file to write; an older plan there is replaced, unless it is carried out.",
)
@exclude_option
@pass_settings
def command(settings: Settings, path: Path, target: Path, exclude: tuple[str, ...]) -> None:
    """Write down what a migration of PATH would change, and show it as a diff.

    Nothing in PATH is changed. The same source gives the same plan. Review it: `purveyor migrate apply` carries
    out exactly what the diffs in it say.
    """
    from purveyor.migrate.change.plan import make_plan  # noqa: PLC0415 - completion and help do without

    output = Output(settings)
    _refuse_to_replace(target, path)
    with progress(output, "reading") as step:
        plan = make_plan(path, relative_to=target.absolute().parent, exclude=exclude, progress=step)
    _refuse_to_replace(target, path)  # it takes a while to get here
    write_whole(target, plan.to_json())
    classes = [{key: value for key, value in each.items() if key != "warnings"} for each in plan.classes]
    output.result(
        {
            "plan": str(target),
            "files": [each.path for each in plan.files],
            "classes": classes,
            "unread": list(plan.unread),
        },
        lambda: _show(output, plan, target),
    )


def _refuse_to_replace(target: Path, path: Path) -> None:
    """A plan takes the place of a plan, and of nothing else; and not if a tree needs that to be undone."""
    from purveyor.migrate.change.plan import load_plan  # noqa: PLC0415
    from purveyor.migrate.change.standing import is_needed, root_of  # noqa: PLC0415

    if str(target) == "-":
        raise click.BadParameter("a plan is a file, since it tells where its tree is from there", param_hint="-o")
    refuse_missing_folder(target, "-o")
    if not target.exists():
        return
    try:
        old = load_plan(target)
    except PlanError as error:
        advice = "give another name with -o, or move it away"
        raise PlanError(str(target), "it is there already, and is no plan", advice) from error
    for root in (None, path if path.is_dir() else path.parent):
        tree = root_of(old, target, root)
        if tree.is_dir() and is_needed(old, tree):
            problem = f"it is carried out in {one_line(str(tree))}, and is needed to undo that"
            advice = f"name another file with -o, or undo it first: {next_command('rollback', target, root)}"
            raise PlanError(str(target), problem, advice)


def _show(output: Output, plan: Plan, target: Path) -> None:
    for file in plan.files:
        for line in file.diff.split("\n"):
            output.line(diff_line(line.rstrip("\r")))
    left = [each for each in plan.classes if each["state"] in ("adapter", "refused")]
    for each in left:
        who = one_line(f"{each['path']}:{each['line']} {each['name']}: ")
        text = Text(who).append_text(state_text(each["state"]))
        output.note(text.append(f", {visible(str(each['reason']))}"))
    for file in plan.files:
        for warning in file.warnings:
            output.warn(f"{one_line(file.path)}:{warning['line']}: {warning['message']}")
    for unread in plan.unread:
        output.warn(f"{one_line(unread['path'])} is {unread['status']}, and is left alone: {unread['reason']}")
    output.note(count_states(str(each["state"]) for each in plan.classes))
    if plan.files:
        output.note(f"{file_count(len(plan.files))} to change")
        output.note(f"next: {next_command('apply', target)}")
    else:
        output.note("nothing to change")
