"""``purveyor migrate verify``: whether a migration changed what the code does."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from purveyor.cli.commands.migrate.shared import (
    ended_by_signals,
    next_command,
    paragraph,
    plan_argument,
    progress,
    root_option,
)
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from purveyor.migrate.verify.result import Comparison, NotExercised, Verification

__all__ = ["command"]

_STYLES = {
    "same": "green",
    "same-failure": "dim",
    "fixed": "cyan",
    "regressed": "bold red",
    "nondeterministic": "yellow",
    "not-exercised": "yellow",
}

#: The outcomes of which each is told, and not only counted.
_TOLD = ("fixed", "regressed", "nondeterministic")

#: What the new class alone is put through: registered with a manager, reloaded, cleaned up.
_CONTRACT = "its life with a manager"


def _number(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """A number that can be waited for, which NaN is not, though it passes for one within any range."""
    if math.isnan(value):
        raise click.BadParameter("it is no number of seconds", context, parameter)
    return value


@click.command(cls=Command, name="verify")
@plan_argument
@root_option
@click.option(
    "--script",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The calls to make, as JSON; what it does not name is derived from tests and signatures.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    callback=_number,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long an import or one call may take.",
)
@pass_settings
def command(settings: Settings, plan: Path, root: Path | None, script: Path | None, timeout: float) -> int:
    """Compare what the code does before and after PLAN. This runs it, in copies of the tree.

    Old and new are imported in processes of their own, and the same calls are made on both. Exits with 1 if
    something regressed: it worked before, and does not work after, or does otherwise.
    """
    from purveyor.migrate.verify import verify  # noqa: PLC0415 - completion and help do without

    output = Output(settings)
    with ended_by_signals(), progress(output, "comparing", at_once=True) as step:
        found = verify(plan, root=root, script=script, timeout=timeout, progress=step)
    output.result(found.to_json(), lambda: _show(output, found, plan, root))
    return 0 if found.ok else 1


def _show(output: Output, found: Verification, plan: Path, root: Path | None) -> None:
    told = Counter(replace(each, scenario=0) for each in found.comparisons if each.outcome in _TOLD)
    for comparison, times in told.items():
        _show_comparison(output, comparison, times)
    for (module, subject, reason), members in _grouped(found.not_exercised).items():
        what = f"{module} {subject}{members}: {reason}"
        output.line(Text.assemble((_word("not-exercised"), _STYLES["not-exercised"]), f" {visible(what)}"))
    counts = found.counts
    parts = [Text(f"{count} {_word(each)}", style=_STYLES[each]) for each, count in counts.items() if count]
    if parts:
        output.line(Text(", ").join(parts))
    if not found.ok:
        output.note(
            f"{counts['regressed']} regressed; {next_command('rollback', plan, root)} undoes the migration"
        )
    elif found.comparisons:
        output.note("nothing regressed; next: run your tests")
    elif found.not_exercised:
        output.note("nothing was compared: run your tests, or give the calls with --script")
    else:
        output.note("there was nothing to compare")


def _word(outcome: str) -> str:
    """An outcome in words."""
    return outcome.replace("not-", "not ")


def _show_comparison(output: Output, each: Comparison, times: int) -> None:
    aspect = f" ({each.aspect})" if each.aspect else ""
    often = f", {times} times" if times > 1 else ""
    where = " ".join(filter(None, (each.module, each.subject, each.step)))
    output.line(Text.assemble((each.outcome, _STYLES[each.outcome]), f" {visible(where)}{aspect}{often}"))
    if each.outcome != "nondeterministic":
        paragraph(output, Text("    old: "), each.old, indent=9, style="dim")
        paragraph(output, Text("    new: "), each.new, indent=9, style="dim")


def _grouped(found: Iterable[NotExercised]) -> dict[tuple[str, str, str], str]:
    """What was not exercised of a class for one reason: its members, in words."""
    members: dict[tuple[str, str, str], list[str]] = {}
    for each in found:
        names = members.setdefault((each.module, each.subject, each.reason), [])
        if each.member:
            names.append(_CONTRACT if each.member == "contract" else each.member)
    return {group: f": {', '.join(names)}" if names else "" for group, names in members.items()}
