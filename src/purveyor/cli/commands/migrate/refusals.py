"""How a migration that was not begun is told."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.text import Text

from purveyor.cli.commands.migrate.shared import one_line
from purveyor.cli.output import visible

if TYPE_CHECKING:
    from purveyor.cli.options import Settings
    from purveyor.cli.output import Output
    from purveyor.errors import MigrationRefusedError, Refusal

__all__ = ["show_refusal"]

#: What a line of a three-way diff begins with, where it is none of a file.
_MARKS = ("line ", "<<<<<<< ", "||||||| ", "=======", ">>>>>>> ")


def show_refusal(output: Output, settings: Settings, error: MigrationRefusedError) -> int:
    """Write every refusal on a line of its own, with what was edited below it; the exit code is 1.

    Those that have the same advice stand together, so that it is told once.
    """
    if settings.json:
        described = [asdict(each) for each in error.refusals]
        output.json({"version": 1, "error": {**output.describe(error), "refusals": described}})
        return 1
    head = Text.assemble(("error: ", "bold red"), (f"{visible(error.root)}: " if error.root else "", "bold"))
    output.tell(head.append(f"{error.action} was refused, and nothing was changed"))
    groups: dict[str | None, list[Refusal]] = {}
    for each in error.refusals:
        groups.setdefault(each.advice, []).append(each)
    for advice, refusals in groups.items():
        for each in refusals:
            _show(output, each)
        if advice:
            output.tell(Text(f"      {visible(advice)}", style="dim"))
    return 1


def _show(output: Output, refusal: Refusal) -> None:
    problem = f": {visible(refusal.problem)}".replace("\n", "\n      ")
    output.tell(Text.assemble("  ", (one_line(refusal.path), "bold"), problem))
    for line in (refusal.three_way or "").splitlines():
        output.tell(Text(f"    {visible(line)}", style="cyan" if line.startswith(_MARKS) else ""))
