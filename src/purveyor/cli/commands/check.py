"""``purveyor check``: is the configuration valid?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from purveyor.cli.declared import describe_spec, source_of
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Column, Output
from purveyor.cli.running import load
from purveyor.errors import ConfigError, UnsupportedError
from purveyor.migrate import LegacyProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.config import SystemConfig
    from purveyor.errors import ConfigProblem

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
    if problems := [*_not_built_from_a_config(config)]:
        raise ConfigError(problems)
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


def _not_built_from_a_config(config: SystemConfig) -> Iterator[ConfigProblem]:
    """The providers whose classes take what cannot stand in a file, and so can be built in code only."""
    for spec in config.providers:
        cls: Any = spec.provider_class
        if not issubclass(cls, LegacyProvider) or getattr(cls.from_config, "__func__", None) is not _UNDEFINED:
            continue
        try:
            cls.from_config(spec.config)
        except UnsupportedError as error:
            place = ("providers", spec.name, "driver")
            yield config.source.problem(place, error.what, error.hint, profile=config.profile)


#: The `from_config` of a class that has none.
_UNDEFINED = vars(LegacyProvider)["from_config"].__func__
