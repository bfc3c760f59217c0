"""``purveyor migrate``: legacy providers become Purveyor's, verifiably, and back."""

from __future__ import annotations

import click

from purveyor.cli.options import Group

__all__ = ["command"]

_COMMANDS = {
    name: (f"purveyor.cli.commands.migrate.{name}", summary)
    for name, summary in {
        "scan": "Find the providers in a source tree, and what is wrong with them.",
        "plan": "Write down what a migration would change.",
        "apply": "Carry out a plan.",
        "verify": "Compare what the code does before and after.",
        "rollback": "Undo a plan, to the byte.",
        "status": "Show how far a plan is carried out.",
        "data": "Move the data of a legacy store, or move it back.",
    }.items()
}


@click.group(cls=Group, lazy=_COMMANDS, name="migrate")
def command() -> None:
    """Have the legacy providers of a code base become Purveyor's.

    scan looks, plan writes down what would change, apply changes it, verify compares old and new, and rollback
    undoes it, to the byte. Only apply and rollback change source files.
    """
