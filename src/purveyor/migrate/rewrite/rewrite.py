"""Files rewritten as decided: roots first, each through the gates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from purveyor.migrate.rewrite.borrowed import Borrowed
from purveyor.migrate.rewrite.compose import compose
from purveyor.migrate.rewrite.decide import refuse
from purveyor.migrate.rewrite.gates import GateError, enter, leave, require_libcst
from purveyor.migrate.source.discovery import discovers_classes
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from purveyor.migrate.rewrite.decide import Decision
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import Project

__all__ = ["Rewritten", "rewrite"]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that changes.

    Args:
        file: The file as it is.
        after: What it becomes.
        decisions: Its classes, and what becomes of each.
    """

    file: SourceFile
    after: bytes
    decisions: tuple[Decision, ...]


def rewrite(
    project: Project, decisions: Mapping[ClassFacts, Decision]
) -> tuple[tuple[Rewritten, ...], dict[ClassFacts, Decision]]:
    """Rewrite all files of which a class is converted.

    Args:
        project: The tree.
        decisions: What becomes of its classes.

    Returns:
        The files that change, roots first; and the decisions as they stand in the end: the classes of a file that
        does not pass the gates are refused.

    Raises:
        MissingExtraError: LibCST is not installed.
    """
    require_libcst()
    discovered = discovers_classes(file.data for file in project.files)
    own = _own_names(project)
    while True:
        files: list[Rewritten] = []
        closed: dict[SourceFile, str] = {}
        shared = project.starred()
        for file in _roots_first(decisions):
            mine = tuple(each for each in decisions.values() if each.facts.file is file)
            try:
                files.append(_rewrite_file(project, file, mine, own, shared=file in shared, discovered=discovered))
            except GateError as error:
                closed[file] = str(error)
        if not closed:
            final = {each.facts: each for file in files for each in file.decisions}
            return tuple(files), {facts: final.get(facts, each) for facts, each in decisions.items()}
        decisions = refuse(decisions, closed)


def _rewrite_file(
    project: Project,
    file: SourceFile,
    decisions: tuple[Decision, ...],
    own: frozenset[str],
    *,
    shared: bool,
    discovered: bool,
) -> Rewritten:
    module = enter(file.data, file.path)
    from purveyor.migrate.rewrite.edit import edit  # noqa: PLC0415 - it needs LibCST, which the gate has found

    borrowed = Borrowed(project, file, shared=shared, discovered=discovered)
    additions = {each.facts.name: compose(each, borrowed) for each in decisions if each.changes is not None}
    after = leave(edit(module, additions, borrowed.imports, own), file.path)
    named = {name: addition.configured for name, addition in additions.items() if addition.configured is not None}
    return Rewritten(
        file,
        after,
        tuple(
            replace(each, config=named[each.facts.name]) if each.changes and each.facts.name in named else each
            for each in decisions
        ),
    )


def _own_names(project: Project) -> frozenset[str]:
    """The names by which the tree's modules are imported, up to the first dot; below ``src`` what follows that."""
    found: set[str] = set()
    for file in project.files:
        first, _, rest = file.module.partition(".")
        found.add(rest.partition(".")[0] if first == "src" and rest else first)
    folder = project.root.absolute()
    while (folder / "__init__.py").is_file():  # the root is inside a package
        found.add(folder.name)
        folder = folder.parent
    return frozenset(found)


def _roots_first(decisions: Mapping[ClassFacts, Decision]) -> list[SourceFile]:
    """The files with changes: those whose classes others derive from before theirs."""
    depths: dict[SourceFile, int] = {}
    for each in decisions.values():
        if each.changes is not None:
            depth = sum(isinstance(base, ClassFacts) for base in each.facts.mro)
            depths[each.facts.file] = min(depths.get(each.facts.file, depth), depth)
    return sorted(depths, key=lambda file: (depths[file], file.path))
