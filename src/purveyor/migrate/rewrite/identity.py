"""Who a provider is, as far as the source says: its name and its version."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from purveyor.migrate.source.project import Project

__all__ = ["registered_names", "version_of"]


def registered_names(project: Project) -> dict[ClassFacts, str]:
    """The names under which classes are registered, where a call says so with a literal and each has one name."""
    found: dict[ClassFacts, set[str]] = {}
    for function in ("register", "register_provider", "register_provider_type", "register_class", "add_provider"):
        for file, call in project.calls(function):
            words = [
                each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            classes = [
                project.resolve(file, each) for each in call.args if isinstance(each, ast.Name | ast.Attribute)
            ]
            kinds = [each for each in classes if isinstance(each, ClassFacts)]
            if words and len(kinds) == 1 and words[-1]:
                found.setdefault(kinds[0], set()).add(words[-1])
    return {facts: min(names) for facts, names in found.items() if len(names) == 1}


def version_of(facts: ClassFacts) -> str:
    """The version that a class, one of its bases or its module says with a literal; "0" if none does."""
    for owner in facts.mro:
        if isinstance(owner, ClassFacts):
            for name in ("version", "VERSION", "__version__"):
                node = owner.attributes.get(name)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
                    return node.value
    tree = facts.file.tree
    for statement in tree.body if tree is not None else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id="__version__")], value=ast.Constant(value=str(version))) if (
                version
            ):
                return version
            case _:
                pass
    return "0"
