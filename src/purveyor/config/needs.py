"""What the providers of a configuration need of each other: checked before any of them is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.errors import InvalidNeedError, NeedFailedError, NeedsError
from purveyor.lifecycle.graph import Node, resolve
from purveyor.needs import needs_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from purveyor.config.source import Report
    from purveyor.errors import NeedProblem, PurveyorError
    from purveyor.needs import Need

__all__ = ["check_needs"]


def check_needs(
    nodes: Mapping[str, Node], unavailable: dict[str, PurveyorError], report: Report
) -> dict[str, dict[str, str]]:
    """Check all needs, and settle those of what is left out.

    Where an optional provider is left out, so is each optional one that needs it, and an optional need of it stays
    open; that one cannot do without it is a problem.

    Args:
        nodes: Every provider that is declared; without a class where that cannot be told.
        unavailable: The optional providers that are left out, and why; those are added that are left out for them.
        report: Takes the problems and warnings.

    Returns:
        What each provider's needs are wired to, by role.
    """
    wiring = {name: dict(node.needs) for name, node in nodes.items()}
    _leave_out(nodes, unavailable, wiring, report)
    try:
        resolve(
            node._replace(cls=None if name in unavailable else node.cls, needs=wiring[name])
            for name, node in nodes.items()
        )
    except NeedsError as error:
        for problem in error.problems:
            _report(problem, nodes, unavailable, report)
    return wiring


def _leave_out(
    nodes: Mapping[str, Node],
    unavailable: dict[str, PurveyorError],
    wiring: Mapping[str, dict[str, str]],
    report: Report,
) -> None:
    dependants: dict[str, list[tuple[Node, Need]]] = {}
    for node in nodes.values():
        for need in _needs_of(node):
            target = node.needs.get(need.role)
            if isinstance(target, str):
                dependants.setdefault(target, []).append((node, need))
    roots = {name: name for name in unavailable}
    todo = list(unavailable)
    for target in todo:  # which grows
        for node, need in dependants.get(target, ()):
            place = ("providers", node.name, "needs", need.role)
            if need.optional:
                del wiring[node.name][need.role]
                report.warning(place, f"left open, since {target!r} is left out")
            elif node.required:
                advice = f"see why {target!r} is left out; or have both left out: required = false"
                report.problem(place, f"{target!r} is left out here, and this provider needs it", advice)
            elif node.name not in unavailable:
                unavailable[node.name] = NeedFailedError(node.name, target, roots[target])
                roots[node.name] = roots[target]
                todo.append(node.name)
                report.warning(place, f"left out, since it is not required, and {target!r} is left out")


def _report(
    problem: NeedProblem, nodes: Mapping[str, Node], unavailable: Mapping[str, PurveyorError], report: Report
) -> None:
    node = nodes[problem.provider]
    advice = problem.advice
    if not problem.role:
        report.problem(("providers", node.name, "driver"), problem.problem, advice)
    elif problem.role in node.needs:
        if isinstance(node.needs[problem.role], str):  # else the type is wrong, which has been told
            report.problem(("providers", node.name, "needs", problem.role), problem.problem, advice)
    else:
        asks = any(need.capability for need in _needs_of(node) if need.role == problem.role)
        if asks and any(each.cls is None and name not in unavailable for name, each in nodes.items()):
            return  # that one cannot be loaded has been told; it may be what answers
        if asks and unavailable:
            left_out = ", ".join(map(repr, unavailable))
            advice = f"{advice}; if it is one of those that are left out ({left_out}), wire it"
        report.problem(("providers", node.name), problem.problem, advice)


def _needs_of(node: Node) -> tuple[Need, ...]:
    try:
        return () if node.cls is None else needs_of(node.cls)
    except InvalidNeedError:  # which `resolve` tells
        return ()
