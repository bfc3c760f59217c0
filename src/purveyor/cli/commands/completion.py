"""``purveyor completion``: what makes a shell complete commands, options and names of providers."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output

__all__ = ["command"]


@click.command(cls=Command, name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, shell: str) -> None:
    r"""Print the completion script of a shell.

    \b
    bash:  purveyor completion bash >> ~/.bashrc
    zsh:   purveyor completion zsh >> ~/.zshrc
    fish:  purveyor completion fish > ~/.config/fish/completions/purveyor.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None, "click knows the shells of the choice above"
    script = completion(ctx.find_root().command, {}, "purveyor", "_PURVEYOR_COMPLETE").source()
    output = Output(settings)
    output.result({"shell": shell, "script": script}, lambda: output.line(script))
