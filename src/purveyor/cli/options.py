"""What all commands share: the global options, accepted before and after a sub-command."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, cast

import click
from click.core import ParameterSource

from purveyor.errors import near_misses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["Command", "Group", "Settings", "pass_settings"]


@dataclass
class Settings:
    """What the global options say.

    Args:
        config: The configuration file; None to look for one.
        profile: The profile; None to ask the environment.
        json: Whether standard output is for programs.
        quiet: Whether standard error is for errors alone.
        verbose: 1 to see more of the log, 2 to see all of it, and tracebacks.
        color: Whether to style: on a terminal only, always, or never.
        secrets: What the configuration that was loaded holds, and no text may show.
    """

    config: str | None = None
    profile: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    color: Literal["auto", "always", "never"] = "auto"
    secrets: Collection[str] = field(default=(), repr=False)


pass_settings = click.make_pass_decorator(Settings, ensure=True)


class Command(click.Command):
    """A command that takes the global options as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _global_options()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the global options apart from the command's own."""
        _format_options(self, ctx, formatter)


class Group(click.Group):
    """A group of commands that are imported when they are used.

    Args:
        lazy: For each command its module, which calls it `command`, and its line in the help of the group.
    """

    command_class = Command

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}
        self.params += _global_options()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order in which they are declared."""
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name in self.lazy:
            command: click.Command = import_module(self.lazy[cmd_name][0]).command
            return command
        return super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before the command's name, or say whose option it is."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            option, takers = error.option_name, list(self._takers(ctx, error.option_name))
            if not takers:
                raise
        names = " and ".join(repr(taker.command_path) for taker in takers)
        raise click.UsageError(f"{option} is an option of {names}", takers[0])

    def _takers(self, ctx: click.Context, option: str) -> Iterator[click.Context]:
        """The commands below this one that have an option."""
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
            except ImportError:  # an extra is missing
                continue
            inner = click.Context(cast("click.Command", command), info_name=name, parent=ctx)
            if isinstance(command, Group):
                yield from command._takers(inner, option)
            elif any(option in (*param.opts, *param.secondary_opts) for param in inner.command.params):
                yield inner

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, or offer those it may be a misspelling of."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            close = near_misses(name, self.list_commands(ctx))
            advice = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise click.UsageError(f"No such command {name!r}.{advice}", ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the global options apart from the group's own, then the commands, without importing them."""
        rows = [(name, summary) for name, (_, summary) in self.lazy.items()]
        rows += [(name, command.get_short_help_str(limit=80)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        _format_options(self, ctx, formatter)


class _GlobalOption(click.Option):
    """An option whose value goes to the `Settings`, wherever on the line it stands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, expose_value=False, callback=_remember)


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    name = str(param.name)
    if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        setattr(ctx.ensure_object(Settings), name, value)


def _global_options() -> list[click.Option]:
    return [
        _GlobalOption(["-c", "--config"], metavar="FILE", type=click.Path(), help=
                      "The configuration; default: $PURVEYOR_CONFIG, else purveyor.toml here or above, "
                      "else the embedded one."),
        _GlobalOption(["-p", "--profile"], metavar="NAME", help=
                      "The profile to lay over it; default: $PURVEYOR_PROFILE."),
        _GlobalOption(["--json"], is_flag=True, help="Write JSON to standard output."),
        _GlobalOption(["-q", "--quiet"], is_flag=True, help="Write only data and errors."),
        _GlobalOption(["-v", "--verbose"], count=True, help="Log more; -vv logs all, and shows tracebacks."),
        _GlobalOption(["--color"], type=click.Choice(["auto", "always", "never"]), default="auto", help=
                      "When to use colour; auto: on a terminal, unless $NO_COLOR is set."),
    ]  # fmt: skip


def _format_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Global options": []}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if record is not None:
            sections["Global options" if isinstance(param, _GlobalOption) else "Options"].append(record)
    for title, records in sections.items():
        with formatter.section(title):
            formatter.write_dl(records)
