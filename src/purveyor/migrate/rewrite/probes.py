"""Code that asks whether an object has something: ``hasattr(provider, "health")``, ``getattr(x, "reload", None)``.

A converted class has more members than before, so that the answer would be another one.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from purveyor.migrate.rewrite.hindrances import OFFERED, Hindrance, is_done
from purveyor.migrate.source.names import FunctionNode
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from purveyor.migrate.rewrite.decide import Decision
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import Project

__all__ = ["Probe", "answered_otherwise", "probes"]

#: Names that are asked of all sorts of things: they count where a provider seems to be asked.
_COMMON = {"config", "state", "status", "health", "current", "metadata"}
_WATCHED = frozenset({*OFFERED, "initialize", "cleanup"})
_QUOTED = re.compile(rf"[\"'](?:{'|'.join(sorted(_WATCHED))})[\"']")
_PROVIDERS = re.compile(
    r"(.*_)?(provider|plugin|backend|service|store|client|component|instance|driver|adapter)s?"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One place that asks.

    Args:
        file: Where it stands.
        line: The line.
        name: What it asks for.
        own: Whether it asks ``self``.
    """

    file: SourceFile
    line: int
    name: str
    own: bool


def probes(project: Project) -> tuple[Probe, ...]:
    """Every place of a tree that asks for something that providers have."""
    found: list[Probe] = []
    for function, needed in (("hasattr", 2), ("getattr", 3)):
        for file, call in project.calls(function):
            if len(call.args) < needed:
                continue
            target, what = call.args[:2]
            for name in _names(file, call, what):
                asked = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
                if asked == "self" or name not in _COMMON or _PROVIDERS.fullmatch(asked):
                    found.append(Probe(file, call.lineno, name, asked == "self"))
    return tuple(found)


def _names(file: SourceFile, call: ast.Call, what: ast.expr) -> list[str]:
    """For which names of a provider a call may ask; for a variable, those that the function around it has."""
    if isinstance(what, ast.Constant):
        return [what.value] if what.value in _WATCHED else []
    if not isinstance(what, ast.Name) or _QUOTED.search(file.text) is None:
        return []
    assert file.tree is not None, "a file that calls something has a tree"
    around: ast.AST = file.tree
    for node in ast.walk(file.tree):  # those further in come later
        if isinstance(node, FunctionNode) and node.lineno <= call.lineno <= (node.end_lineno or 0):
            around = node
    used = {each.id for each in ast.walk(around) if isinstance(each, ast.Name)}
    places = [around]
    places += [
        each.value
        for each in file.tree.body
        if isinstance(each, ast.Assign) and any(ast.unparse(target) in used for target in each.targets)
    ]
    texts = {each.value for one in places for each in ast.walk(one) if isinstance(each, ast.Constant)}
    return sorted(name for name in _WATCHED if name in texts)


def answered_otherwise(
    decisions: Mapping[ClassFacts, Decision], asked: tuple[Probe, ...]
) -> dict[ClassFacts, Hindrance]:
    """The classes of which a probe would get another answer if what was decided were done.

    Args:
        decisions: What would become of every class.
        asked: The probes of the tree.
    """
    found: dict[ClassFacts, Hindrance] = {}
    for facts, decision in decisions.items():
        if decision.changes is None or is_done(facts):
            continue
        written = {role for role, _ in decision.changes.lifecycle}
        for probe in asked:
            new = probe.name in written if probe.name in ("initialize", "cleanup") else probe.name != "validate"
            if new and not _has(facts, probe.name) and (not probe.own or _is_in(probe, facts)):
                reason = f"whether it has a {probe.name} is asked in {probe.file.path}:{probe.line}"
                found[facts] = Hindrance("adapter", reason, facts.line, spreads=True)
                break
    return found


def _has(facts: ClassFacts, name: str) -> bool:
    return any(
        name in owner.methods or name in owner.attributes or name in owner.assigned
        for owner in facts.mro
        if isinstance(owner, ClassFacts)
    )


def _is_in(probe: Probe, facts: ClassFacts) -> bool:
    """Whether the probe stands in a class or in one that it derives from."""
    return any(
        owner.file is probe.file and owner.node.lineno <= probe.line <= (owner.node.end_lineno or 0)
        for owner in facts.mro
        if isinstance(owner, ClassFacts)
    )
