"""Keys that other code reads from the dictionary of a provider: ``provider.config.get("region")``.

Nothing says of which provider it is. Where its name is annotated, or assigned by a constructor, that tells; else
the name itself has to.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from purveyor.migrate.legacy import provider_name_of
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import Project

__all__ = ["ReadElsewhere", "read_elsewhere"]

_ATTRIBUTES = "config|configuration|settings|options|conf|cfg|params|opts"
_NEAR = re.compile(rf"\.(?:{_ATTRIBUTES})\s*(?:\[|\.\s*(?:get|pop|setdefault)\s*\()")
_WORDS = frozenset(_ATTRIBUTES.split("|"))
_PROVIDERS = re.compile(r"(.*_)?(provider|plugin|backend|service|store|client|component|instance|driver|adapter)")


@dataclass(frozen=True, slots=True)
class ReadElsewhere:
    """One place that reads a key.

    Args:
        file: Where it stands.
        line: The line.
        attribute: The attribute that the dictionary is.
        key: The key.
        default: The source of what is taken where there is none; None without one.
        receiver: What is called what has that attribute.
        meant: The classes that it is of, as far as that is written there.
    """

    file: SourceFile
    line: int
    attribute: str
    key: str
    default: str | None
    receiver: str
    meant: tuple[ClassFacts, ...] = field(repr=False)

    def is_of(self, facts: ClassFacts) -> bool:
        """Whether it may be a class's dictionary that it reads."""
        if self.meant:
            return any(each in facts.mro or facts in each.mro for each in self.meant)
        name = provider_name_of(facts.name)
        return _PROVIDERS.fullmatch(self.receiver) is not None or self.receiver in (name, name.rpartition("_")[2])


def read_elsewhere(project: Project) -> tuple[ReadElsewhere, ...]:
    """Every place of a tree that reads a key of something's dictionary."""
    found: list[ReadElsewhere] = []
    for file in project.files:
        if file.status == "ok" and _NEAR.search(file.text) is not None:
            assert file.tree is not None, "a file that is read has a tree"
            nodes = [*ast.walk(file.tree)]
            for node in nodes:
                read = _read(node)
                if read is not None and read.attribute in _WORDS and _name(read.of) not in ("", "self", "cls"):
                    of, attribute, key, default, line = read
                    meant = _meant(project, file, nodes, of.id) if isinstance(of, ast.Name) else ()
                    found.append(ReadElsewhere(file, line, attribute, key, default, _name(of), meant))
    return tuple(found)


class _Read(NamedTuple):
    of: ast.expr
    attribute: str
    key: str
    default: str | None
    line: int


def _read(node: ast.AST) -> _Read | None:
    match node:
        case ast.Subscript(
            value=ast.Attribute(value=of, attr=attribute), slice=ast.Constant(value=str(key)), ctx=ast.Load()
        ):
            return _Read(of, attribute, key, None, node.lineno)
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(value=of, attr=attribute), attr="get" | "pop" | "setdefault"),
            args=[ast.Constant(value=str(key)), *rest],
        ):
            return _Read(of, attribute, key, ast.unparse(rest[0]) if rest else None, node.lineno)
        case _:
            return None


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=function):
            return _name(function)
        case _:
            return ""


def _meant(project: Project, file: SourceFile, nodes: list[ast.AST], name: str) -> tuple[ClassFacts, ...]:
    """The classes that a name is annotated with in its file, or that it is assigned an instance of."""
    types: list[ast.expr] = []
    for node in nodes:
        match node:
            case (
                ast.arg(arg=other, annotation=ast.expr() as kind)
                | ast.AnnAssign(target=ast.Name(id=other), annotation=kind)
            ) if other == name:
                types.append(kind)
            case ast.Assign(targets=[ast.Name(id=other)], value=ast.Call(func=kind)) if other == name:
                types.append(kind)
            case _:
                pass
    resolved = (project.resolve(file, each.value if _is_text(each) else each) for each in types)  # type: ignore[attr-defined]
    return tuple(each for each in resolved if isinstance(each, ClassFacts))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
