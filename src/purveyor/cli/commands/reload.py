"""``purveyor reload``: the running ``purveyor up`` takes up what has changed."""

from __future__ import annotations

import click

from purveyor.cli.arguments import optional_provider_argument
from purveyor.cli.narrator import only_after_a_restart, told
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output
from purveyor.cli.runtime import ask, identity
from purveyor.config import find_config
from purveyor.errors import ConfigError, RemoteError

__all__ = ["command"]


@click.command(cls=Command, name="reload")
@optional_provider_argument
@pass_settings
def command(settings: Settings, name: str | None) -> int:
    """Have the running system take up what has changed.

    The `purveyor up` of this configuration reads it again. With NAME only that provider is changed; if it did not
    change, it is reloaded as it is. What fails runs on as it was. Exits with 1 if something failed, if the
    configuration was refused, or if nothing runs.
    """
    output = Output(settings)
    source = identity(find_config(settings.config))
    try:
        summary = ask(source, "POST", "/control/reload", None if name is None else {"name": name})
    except (ConfigError, RemoteError) as error:  # it was asked for rightly, and refused
        output.failure(error)
        return 2 if isinstance(error, RemoteError) and error.kind == "ProviderNotFoundError" else 1
    failed = summary["failed"]

    def show() -> None:
        for provider, error in failed.items():
            place = ": ".join(filter(None, (f"provider {provider}", error["where"])))
            output.error(RemoteError(error["type"], error["what"], place, error["hint"]))
        if summary.get("postponed"):  # an older process may not tell
            output.warn(only_after_a_restart(summary["postponed"]))
        output.note(f"reloaded: {told(summary)}")

    output.result(summary, show)
    return 1 if failed else 0
