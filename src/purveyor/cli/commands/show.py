"""``purveyor show``: all that is known of one provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from purveyor.cli.arguments import provider_argument
from purveyor.cli.declared import describe_spec, masked_config
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output
from purveyor.cli.running import load
from purveyor.operations import operations_of

if TYPE_CHECKING:
    from purveyor.cli.declared import Json

__all__ = ["command"]


@click.command(cls=Command, name="show")
@provider_argument
@pass_settings
def command(settings: Settings, name: str) -> None:
    """Show all of one provider; secrets are masked."""
    output = Output(settings)
    config = load(settings)
    if name in config.unavailable:
        raise config.unavailable[name]
    spec = config.get(name)
    kind = spec.provider_class
    own = output.redacted(masked_config(spec.config))
    data: dict[str, Json] = {
        **describe_spec(config, spec),
        "description": spec.description,
        "version": spec.version,
        "class": f"{kind.__module__}:{kind.__qualname__}",
        "labels": dict(spec.labels),
        "needs": dict(spec.needs),
        "config": own,
        "operations": [*sorted(operations_of(kind))],
    }

    def show() -> None:
        fields = {key: _text(value) for key, value in data.items() if key != "config"}
        fields["declared at"] = fields.pop("declared_at") or "the embedded configuration"
        if isinstance(own, dict):
            fields |= {f"config.{key}": _text(value) or _nothing(value) for key, value in own.items()}
        output.fields(fields)

    output.result(data, show)


def _nothing(value: Json) -> str:
    return '""' if value == "" else "none"


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(_text, value))
    if isinstance(value, dict):
        return " ".join(f"{key}={_text(each)}" for key, each in value.items())
    return "" if value is None else str(value)
