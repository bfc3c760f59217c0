"""``purveyor migrate verify``: whether a migration changed what the code does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from purveyor.cli.commands.migrate.shared import plan_argument, progress, root_option
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, visible

if TYPE_CHECKING:
    from purveyor.migrate.verify.result import Comparison, Verification

__all__ = ["command"]

_STYLES = {
    "same": "green",
    "same-failure": "dim",
    "fixed": "cyan",
    "regressed": "bold red",
    "nondeterministic": "yellow",
    "not-exercised": "yellow",
}


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
    try:
        with progress(output, "comparing") as step:
            found = verify(plan, root=root, script=script, timeout=timeout, progress=step)
    except Exception as error:
        output.failure(error)
        return 1
    output.result(found.to_json(), lambda: _show(output, found))
    return 0 if found.ok else 1


def _show(output: Output, found: Verification) -> None:
    for each in found.comparisons:
        if each.outcome in ("regressed", "fixed", "nondeterministic"):
            _show_comparison(output, each)
    for missing in found.not_exercised:
        subject = ".".join(filter(None, (missing.subject, missing.member)))
        output.note(
            Text.assemble(("not exercised", "yellow"), f" {missing.module} {subject}: {visible(missing.reason)}")
        )
    parts = [Text(f"{count} {word}", style=_STYLES[word]) for word, count in found.counts.items() if count]
    output.note(Text(", ").join(parts) if parts else Text("there was nothing to compare"))


def _show_comparison(output: Output, each: Comparison) -> None:
    aspect = f" ({each.aspect})" if each.aspect else ""
    where = " ".join(filter(None, (each.module, each.subject, each.step)))
    output.line(Text.assemble((each.outcome, _STYLES[each.outcome]), f" {visible(where)}{aspect}"))
    if each.outcome != "nondeterministic":
        output.line(Text(f"    old: {visible(each.old)}", style="dim"))
        output.line(Text(f"    new: {visible(each.new)}", style="dim"))
