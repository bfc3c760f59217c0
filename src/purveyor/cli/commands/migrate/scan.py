"""``purveyor migrate scan``: what a source tree holds."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from purveyor.cli.commands.migrate.shared import (
    count_states,
    exclude_option,
    one_line,
    paragraph,
    progress,
    refuse_missing_folder,
    state_text,
    tree_argument,
    write_whole,
)
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, visible

if TYPE_CHECKING:
    from purveyor.migrate.scan.report import Report, ScannedClass

__all__ = ["command"]

#: How wide the column of names is at most; a longer name moves the rest of its line.
_NAME = 32


@click.command(cls=Command, name="scan")
@tree_argument
@exclude_option
@click.option(
    "--import-check", is_flag=True, help="Also import each module, in a process of its own. This runs it."
)
@click.option("--all", "everything", is_flag=True, help="List the classes that are no providers as well.")
@click.option(
    "--sarif", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write SARIF, for code hosts."
)
@pass_settings
def command(
    settings: Settings,
    path: Path,
    exclude: tuple[str, ...],
    import_check: bool,
    everything: bool,
    sarif: Path | None,
) -> None:
    """Find the providers in PATH, and what is wrong with them.

    It reads the source, and neither imports it (but for --import-check) nor writes to it. A class is listed with
    what a migration would make of it; with --json every class is, and every file.
    """
    from purveyor.migrate.scan.report import scan  # noqa: PLC0415 - completion and help do without
    from purveyor.migrate.scan.sarif import to_sarif  # noqa: PLC0415

    output = Output(settings)
    if sarif is not None:
        _refuse_to_replace(sarif)
    with progress(output, "scanning") as step:
        report = scan(path, exclude=exclude, import_check=import_check, progress=step)
    if sarif is not None:
        write_whole(sarif, json.dumps(to_sarif(report, version("purveyor")), indent=1).encode())
    if settings.json:
        output.json({"version": 1, **report.to_json()})
    else:
        _show(output, report, path, everything=everything)


def _refuse_to_replace(target: Path) -> None:
    """SARIF takes the place of SARIF, or of an empty file, and of nothing else."""
    from purveyor.migrate.change.places import whole  # noqa: PLC0415 - completion and help do without

    refuse_missing_folder(target, "--sarif")
    if not target.exists():
        return
    try:
        data = whole(target)
        found = json.loads(data) if data else {"runs": []}
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("runs"), list):
        problem = f"{str(target)!r} is there already, and is no SARIF: give another name, or move it away"
        raise click.BadParameter(problem, param_hint="--sarif")


def _show(output: Output, report: Report, root: Path, *, everything: bool) -> None:
    shown = [each for each in report.classes if everything or each.state != "not-a-provider"]
    width = min(_NAME, max((len(each.name) for each in shown), default=0))
    path = None
    for each in shown:
        if each.path != path:
            if path is not None:
                output.line()
            path = each.path
            output.line(Text(one_line(path), style="bold"))
        _show_class(output, each, width)
    broken = [file for file in report.files if file.status != "ok"]
    for file in broken:
        output.warn(f"{one_line(file.path)} is {file.status}: {file.reason}")
    if shown:
        output.note("")
    output.note(count_states(each.state for each in report.classes))
    if root.is_file() and any(not each.state.startswith("converted") for each in report.classes):
        output.note("this is one file: a base that another one defines is not known; scan the tree")
    if len(shown) < len(report.classes):
        output.note(Text("--all lists those that are no providers", style="dim"))
    if any(each.state.startswith("converted") for each in shown):
        output.note(f"next: {shlex.join(('purveyor', 'migrate', 'plan', str(root), '-o'))} PLAN")


def _show_class(output: Output, each: ScannedClass, width: int) -> None:
    kind = f"{each.kind}, {each.type}" if each.type else each.kind
    line = Text.assemble((f"  {each.line:>5}  ", "dim"), f"{visible(each.name):{width}}  {kind:21}  ")
    output.line(line.append_text(state_text(each.state)))
    if each.reason is not None:
        paragraph(output, Text(" " * 9), each.reason, indent=9, style="dim")
    lines: dict[tuple[str, str], list[str]] = {}
    for fault in each.faults:
        lines.setdefault((fault.code, fault.message), []).append(str(fault.line))
    for (code, message), where in lines.items():
        head = Text.assemble((f"  {', '.join(where):>5}  ", "dim"), (code, "yellow"), "  ")
        paragraph(output, head, message, indent=9)
