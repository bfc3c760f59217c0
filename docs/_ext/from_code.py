"""Sphinx directives for the tables of `tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tables
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sphinx.application import Sphinx


def _directive(lines: Callable[[], Iterable[str]]) -> type[Directive]:
    class Generated(Directive):
        def run(self) -> list[nodes.Node]:
            parent = nodes.Element()
            self.state.nested_parse(StringList(list(lines()), "generated"), self.content_offset, parent)
            return parent.children

    return Generated


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("transitions", _directive(tables.transition_lines))
    app.add_directive("buckets", _directive(tables.bucket_lines))
    app.add_directive("events", _directive(tables.event_lines))
    app.add_directive("faults", _directive(tables.fault_lines))
    app.add_directive("errors", _directive(tables.error_lines))
    app.add_directive("commands", _directive(tables.command_lines))
    return {"parallel_read_safe": True}
