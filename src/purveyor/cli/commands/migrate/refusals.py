"""How a migration that was not begun is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from purveyor.cli.commands.migrate.shared import diff_line
from purveyor.cli.output import visible
from purveyor.errors import MigrationRefusedError

if TYPE_CHECKING:
    from purveyor.cli.options import Settings
    from purveyor.cli.output import Output

__all__ = ["show_failure"]


def show_failure(output: Output, settings: Settings, error: Exception) -> int:
    """Write an error, every refusal on a line of its own with what was edited below it; the exit code is 1."""
    if not isinstance(error, MigrationRefusedError) or settings.json:
        output.failure(error)
        return 1
    output.tell(Text.assemble(("error: ", "bold red"), f"{error.action} was refused, and nothing was changed"))
    for each in error.refusals:
        output.tell(Text.assemble("  ", (visible(each.path), "bold"), f": {visible(each.problem)}"))
        if each.three_way:
            for line in each.three_way.splitlines():
                output.tell(Text("    ").append_text(diff_line(line)))
        if each.advice:
            output.tell(Text(f"      {visible(each.advice)}", style="dim"))
    return 1
