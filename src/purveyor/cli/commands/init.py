"""``purveyor init``: a commented configuration file to begin with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from purveyor.cli.files import whole_file
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output
from purveyor.config import TEMPLATE, json_schema
from purveyor.errors import FileInTheWayError

__all__ = ["command"]

_SCHEMA = "purveyor.schema.json"


@click.command(cls=Command, name="init")
@click.argument("file", type=click.Path(dir_okay=False), default="purveyor.toml")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option("--schema/--no-schema", default=True, help=f"Write {_SCHEMA}, too, for editors.", show_default=True)
@pass_settings
def command(settings: Settings, file: str, force: bool, schema: bool) -> None:
    """Write a commented configuration file.

    What it declares is what runs without any file. Its first line names the JSON Schema, from which editors
    complete and validate it; `purveyor schema` writes that anew when drivers have changed.
    """
    texts = {Path(file): TEMPLATE}
    if schema:
        texts[Path(file).with_name(_SCHEMA)] = json.dumps(json_schema(), indent=2) + "\n"
    if not force:
        for path in texts:
            if os.path.lexists(path):
                raise FileInTheWayError(str(path))
    for path, text in texts.items():
        with whole_file(path, replace=force) as written:
            written.write(text.encode())
    output = Output(settings)

    def show() -> None:
        for path in texts:
            output.note(f"wrote {path}")

    output.result({"files": [str(path) for path in texts]}, show)
