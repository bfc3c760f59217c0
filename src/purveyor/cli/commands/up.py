"""``purveyor up``: all providers, running until they are told to stop."""

from __future__ import annotations

import click

from purveyor.cli.arguments import WholeNumber
from purveyor.cli.options import Command, Settings, pass_settings

__all__ = ["command"]


@click.command(cls=Command, name="up")
@click.option("--host", metavar="ADDRESS", help="Listen here instead of at the configured address; loopback only.")
@click.option("--port", type=WholeNumber(0, 65535), metavar="PORT", help="Likewise; 0 takes any free port.")
@click.option("--watch/--no-watch", default=None, help="Whether a change of the file is taken up at once.")
@pass_settings
def command(settings: Settings, host: str | None, port: int | None, watch: bool | None) -> int:
    """Start all providers, and serve health and metrics until stopped.

    Without a configuration file it starts `notes`, a memory, and `files`, a storage, under .purveyor/.
    /healthz, /readyz and /metrics are served on a loopback address; if the port is taken, on a free one.

    SIGHUP and `purveyor reload` read the configuration again, and change what has changed; with --watch, so does a
    change of the file. Ctrl-C or SIGTERM waits for running operations and cleans up, each provider before what it
    needs; a second Ctrl-C ends at once.

    With --json each event is one line: started, ready, reloaded, refused, stopping, stopped.
    """
    from purveyor.cli.extras import lacking_for_up  # noqa: PLC0415 - it takes a while, and help does not need it

    lacking = lacking_for_up(settings.config, settings.profile)
    if lacking is not None:
        raise lacking
    from purveyor.cli.serving import serve  # noqa: PLC0415 - what it needs may not be there

    return serve(settings, host, port, watch)
