"""``purveyor plan``: what would a reload change?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from purveyor.cli.narrator import only_after_a_restart
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, visible
from purveyor.cli.runtime import ask, identity
from purveyor.config import find_config

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["command"]

_MARKS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}

#: What becomes of a provider, for people.
_ACTIONS = {
    "start": "",
    "stop": "",
    "swap": "swap",
    "in_place": "in place",
    "policy": "policy only",
    "restart": "start again: it has failed",
    "note": "nothing to reload",
}


class _PlanCommand(Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Have wrong usage end like other errors: here, 2 says that there are changes."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise click.ClickException(error.format_message()) from error


@click.command(cls=_PlanCommand, name="plan")
@pass_settings
def command(settings: Settings) -> int:
    """Show what a reload would change in the running system.

    It asks the `purveyor up` of this configuration, and changes nothing. + is started, - is stopped, ~ is changed,
    with the keys that differ and how. Exits with 0 if nothing would change, 2 if something would, 1 if that cannot
    be told: the configuration is not valid, or nothing runs.
    """
    output = Output(settings)
    try:
        plan = ask(identity(find_config(settings.config)), "GET", "/control/plan")
    except Exception as error:
        output.failure(error)
        return 1
    changes = plan["changes"]

    def show() -> None:
        width = max((len(change["name"]) for change in changes), default=0)
        for change in changes:
            output.line(_line(change, width))
        for name in plan["unavailable"]:
            output.warn(f"{name} is left as it is: it is optional, and its driver cannot be imported")
        if plan["postponed"]:
            output.warn(only_after_a_restart(plan["postponed"]))
        output.note(_count(changes))

    output.result(plan, show)
    return 2 if changes else 0


def _line(change: dict[str, Any], width: int) -> Text:
    mark, style = _MARKS[change["kind"]]
    how: str = _ACTIONS.get(change["action"]) or ""  # a newer process may know others
    if change["replaced"]:
        how += ", new driver" if "driver" in change["keys"] else ", new metadata"
    line = Text.assemble((mark, style), f" {change['name']:{width}}")
    if change["keys"]:
        line.append(f"  {visible(', '.join(change['keys']))}")
    if how:
        line.append(f"  ({how})", "dim")
    line.rstrip()
    return line


def _count(changes: Sequence[dict[str, Any]]) -> str:
    verbs = {"added": "to add", "changed": "to change", "removed": "to remove"}
    counts = {kind: sum(change["kind"] == kind for change in changes) for kind in verbs}
    return ", ".join(f"{count} {verbs[kind]}" for kind, count in counts.items() if count) or "nothing would change"
