"""``purveyor list``: the declared providers."""

from __future__ import annotations

import click

from purveyor.cli.declared import describe_spec
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Column, Output
from purveyor.cli.running import load

__all__ = ["command"]


@click.command(cls=Command, name="list")
@pass_settings
def command(settings: Settings) -> None:
    """List the declared providers."""
    output = Output(settings)
    config = load(settings)
    data = [describe_spec(config, spec) for spec in config.providers]

    def show() -> None:
        columns = [Column("name"), Column("type"), Column("driver"), Column("required"), Column("capabilities")]
        output.table(
            columns,
            [
                (
                    spec.name,
                    spec.type.value,
                    spec.driver,
                    "yes" if spec.required else "no",
                    " ".join(spec.capabilities),
                )
                for spec in config.providers
            ],
        )
        for name, error in config.unavailable.items():
            output.warn(f"{name} is left out: {error}")

    output.result(data, show)
