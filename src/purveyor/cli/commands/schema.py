"""``purveyor schema``: the JSON Schema of the configuration file."""

from __future__ import annotations

import json

import click

from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output
from purveyor.config import json_schema

__all__ = ["command"]


@click.command(cls=Command, name="schema")
@pass_settings
def command(settings: Settings) -> None:
    """Print the JSON Schema of the configuration file.

    It covers the installed drivers. `purveyor schema > purveyor.schema.json`, and the first line of the file
    that `purveyor init` writes, make editors complete and validate it.
    """
    schema = json_schema()
    output = Output(settings)
    output.result(schema, lambda: output.line(json.dumps(schema, indent=2)))
