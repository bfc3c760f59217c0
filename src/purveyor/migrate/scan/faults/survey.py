"""What the checks ask about a project, each answer found once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING
from weakref import ref

from purveyor.migrate.scan.faults.walk import read_body
from purveyor.migrate.source import ClassFacts, External, Module

if TYPE_CHECKING:
    from purveyor.migrate.scan.faults.body import Body, Context
    from purveyor.migrate.scan.faults.model import Fault
    from purveyor.migrate.source import Project
    from purveyor.migrate.source.names import Scope
    from purveyor.migrate.source.project import Resolved

__all__ = ["Survey"]

#: Bases outside the tree that bring no attributes of their own, nor methods that matter here.
_HARMLESS = frozenset(
    {
        "abc.ABC",
        "builtins.object",
        "object",
        "typing.Generic",
        "typing.Protocol",
        "typing_extensions.Generic",
        "typing_extensions.Protocol",
    }
)


class Survey:
    """What is known of a project's classes.

    Args:
        project: The tree.
    """

    def __init__(self, project: Project) -> None:
        self._project = ref(project)  # what is known of a project lives as long as it does, and no longer
        self.imports: dict[str, tuple[Fault, ...]] = {}  # by a file's path: what `file_faults` found
        self._bodies: dict[ClassFacts, Body] = {}
        self._roots: dict[tuple[int, str], Resolved] = {}
        self._families: dict[ClassFacts, tuple[ClassFacts, ...]] = {}
        self._namesakes: dict[tuple[str, str], list[ClassFacts]] = {}
        for facts in project.classes:
            self._namesakes.setdefault((facts.file.path, facts.qualname), []).append(facts)

    @property
    def project(self) -> Project:
        """The tree."""
        project = self._project()
        assert project is not None, "whoever asks has it"
        return project

    def body(self, facts: ClassFacts) -> Body:
        """What stands in the class's body."""
        body = self._bodies.get(facts)
        if body is None:
            body = self._bodies[facts] = read_body(facts.node)
        return body

    def classes(self, facts: ClassFacts) -> list[ClassFacts]:
        """The class and its bases in the tree, in the order in which attributes are looked up."""
        return [each for each in facts.mro if isinstance(each, ClassFacts)]

    def known(self, facts: ClassFacts) -> list[ClassFacts]:
        """Like `classes`, but only up to the first base about which nothing is known."""
        found: list[ClassFacts] = []
        for each in facts.mro:
            if isinstance(each, ClassFacts):
                found.append(each)
            elif not (isinstance(each, External) and each.qualified in _HARMLESS):
                break
        return found

    def all_known(self, facts: ClassFacts) -> bool:
        """Whether every base is in the tree, or brings nothing."""
        return all(
            isinstance(each, ClassFacts) or (isinstance(each, External) and each.qualified in _HARMLESS)
            for each in facts.mro
        )

    def family(self, facts: ClassFacts) -> tuple[ClassFacts, ...]:
        """The class, its subclasses, and all their bases in the tree: what its methods may meet on self."""
        family = self._families.get(facts)
        if family is None:
            members: dict[ClassFacts, None] = {}
            waiting, seen = [facts], {facts}
            while waiting:
                each = waiting.pop()
                members.update(dict.fromkeys(self.classes(each)))
                fresh = [sub for sub in each.subclasses if sub not in seen]
                seen.update(fresh)
                waiting.extend(fresh)
            family = self._families[facts] = tuple(members)
        return family

    def namesakes(self, facts: ClassFacts) -> list[ClassFacts]:
        """The classes of the same file and the same qualified name, itself among them, by line."""
        return self._namesakes[facts.file.path, facts.qualname]

    def resolved(self, facts: ClassFacts, node: ast.Name) -> Resolved:
        """What a name means that a method of the class does not bind itself."""
        return self._resolve(facts, facts.scope.parent or facts.scope, node)

    def qualified(self, facts: ClassFacts, node: ast.expr, context: Context | None = None) -> str | None:
        """The full name of something outside the tree, ``os.path.join``; None for all else.

        Args:
            facts: In which class the expression stands.
            node: A name, or attributes of one.
            context: Where in the class.
        """
        tail: list[str] = []
        root = node
        while isinstance(root, ast.Attribute):
            tail.append(root.attr)
            root = root.value
        if not isinstance(root, ast.Name):
            return None
        scope = context.scope.owner(root.id) if context is not None else None
        if scope is not None:
            imported = scope.imports.get(root.id, ".") if root.id not in scope.bound else "."
            return None if imported.startswith(".") else ".".join([imported, *reversed(tail)])
        own = context is None or context.method is None  # the class's own level, whose names methods do not see
        outer = facts.scope if own else facts.scope.parent or facts.scope
        found = self._resolve(facts, outer, root)
        if tail and isinstance(found, Module):
            found = facts.resolve(outer, node)
            tail = []
        if not isinstance(found, External):
            return None
        return ".".join([found.qualified.removeprefix("builtins."), *reversed(tail)])

    def _resolve(self, facts: ClassFacts, scope: Scope, root: ast.Name) -> Resolved:
        key = (id(scope), root.id)
        found = self._roots.get(key)
        if found is None:
            found = self._roots[key] = facts.resolve(scope, root)
        return found
