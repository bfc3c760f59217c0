"""``purveyor graph``: what the declared providers need of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from purveyor.cli.declared import describe_spec
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output
from purveyor.cli.running import load
from purveyor.lifecycle.draw import dot, mermaid, tree_lines

if TYPE_CHECKING:
    from purveyor.lifecycle.graph import Graph

__all__ = ["command"]


@click.command(cls=Command, name="graph")
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "mermaid", "dot"]),
    default="tree",
    show_default=True,
    help="A tree, or text for Mermaid or Graphviz.",
)
@pass_settings
def command(settings: Settings, form: str) -> None:
    """Show what the declared providers need of each other.

    Below each provider that nobody needs stands what it needs, with its role; a role with a question mark is one
    that the provider can do without.
    """
    output = Output(settings)
    config = load(settings)
    graph = config.graph()
    data: dict[str, Any] = {
        "providers": [describe_spec(config, spec) for spec in config.providers],
        "needs": [edge._asdict() for edge in graph.edges],
        "start_order": list(graph.order()),
    }

    def show() -> None:
        if form == "tree":
            _show_tree(output, graph)
        else:
            output.line({"mermaid": mermaid, "dot": dot}[form](graph))
        for name, error in config.unavailable.items():
            output.warn(f"{name} is left out: {error}")

    output.result(data, show)


def _show_tree(output: Output, graph: Graph) -> None:
    for line in tree_lines(graph, ascii_only=output.stdout.options.ascii_only):
        role = f"{line.role}: " if line.role else ""
        output.line(Text.assemble((line.branches + role, "dim"), (line.name, "bold"), "  ", (line.details, "dim")))
