"""``purveyor check``: is the configuration valid?"""

from __future__ import annotations

import click

from purveyor.cli.declared import describe_spec, source_of
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Column, Output
from purveyor.cli.running import load

__all__ = ["command"]


@click.command(cls=Command, name="check")
@pass_settings
def command(settings: Settings) -> None:
    """Validate the configuration, without connecting to anything.

    The file is parsed, its variables and secrets are resolved, drivers are imported, and each provider's
    table is checked against its driver's config, as it is with the profile, if one is given. Exits with 2 if
    anything is wrong.
    """
    output = Output(settings)
    config = load(settings)
    warnings = [str(problem) for problem in config.warnings]
    # Each may need secrets and drivers that are elsewhere, so that they are checked only where they are asked for.
    unchecked = list(config.source.tree.get("profiles", ())) if config.profile is None else []

    def show() -> None:
        output.warnings(config.warnings)
        columns = [Column("name"), Column("type"), Column("driver"), Column("declared at" if config.file else "")]
        rows = [
            (spec.name, spec.type.value, spec.driver, config.origin("providers", spec.name) or "")
            for spec in config.providers
        ]
        output.table(columns, rows)
        output.note(f"{source_of(config)} is valid")
        if unchecked:
            output.note(f"not checked: {', '.join(f'--profile {name}' for name in unchecked)}")

    data = {
        "file": config.file and str(config.file),
        "profile": config.profile,
        "providers": [describe_spec(config, spec) for spec in config.providers],
        "warnings": warnings,
        "unchecked_profiles": unchecked,
    }
    output.result(data, show)
