"""Which classes are handed to a registry, or are to be built by name."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from purveyor.migrate.scan.construction import words_of
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import Project

__all__ = ["registered_classes"]


#: What stands before the name of a class that is registered: a call, or a key.
_NEAR = (
    r"(?:(?:register\w*|add_provider|add_backend|add_driver)\s*\([\s\S]{0,200}?"
    r"|(?:[\"'\]]|\.[A-Z_0-9]+)\s*:\s*[\w.:\"']*?)"
)


def registered_classes(project: Project, wanted: Iterable[ClassFacts]) -> frozenset[ClassFacts]:
    """Those of some classes that are registered somewhere in the tree.

    They are an argument of a call that registers (``register("x", Class)``, ``registry.register_provider(...)``),
    decorated by one, or a value in a dictionary whose keys are strings.

    Args:
        project: The tree.
        wanted: The classes in question. Only files in which their names occur are looked at.
    """
    named: dict[str, list[ClassFacts]] = {}
    found: set[ClassFacts] = set()
    for facts in wanted:
        named.setdefault(facts.name, []).append(facts)
        if any(_registers(decorator.partition("(")[0].rpartition(".")[2]) for decorator in facts.decorators):
            found.add(facts)
    if not named:
        return frozenset()
    names = "|".join(re.escape(name) for name in sorted(named))
    near = re.compile(rf"{_NEAR}\b(?:{names})\b")  # few files hold any, and to look at one's syntax takes long
    for file in project.files:
        if file.status != "ok" or near.search(file.text) is None:
            continue
        assert file.tree is not None, "a file that is read has a tree"
        for expression in _given(file.tree):
            found.update(_resolved(project, file, expression, named))
    return frozenset(found)


def _resolved(
    project: Project, file: SourceFile, expression: ast.expr, named: dict[str, list[ClassFacts]]
) -> Iterator[ClassFacts]:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            resolved = project.resolve(file, expression)
            if isinstance(resolved, ClassFacts) and resolved in named.get(resolved.name, ()):
                yield resolved
        case ast.Constant(value=str(text)):
            module, _, name = text.replace(":", ".").rpartition(".")
            for facts in named.get(name, ()):
                if f".{facts.file.module}".endswith(f".{module}") or f".{module}".endswith(
                    f".{facts.file.module}"
                ):
                    yield facts
        case _:
            pass


def _given(tree: ast.Module) -> Iterator[ast.expr]:
    """What is given to registries, as expressions: names of classes, or strings that may say where a class is."""
    dispatching: set[int] = set()  # `@function.register(Class)` says what a function takes
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
                dispatching.update(map(id, decorators))
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
                if id(node) not in dispatching and _registers(name) and not _is_class_of_its_own(node.func):
                    yield from args
                    yield from (keyword.value for keyword in keywords)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant | ast.Attribute):
                        yield value
            case _:
                pass


def _is_class_of_its_own(function: ast.expr) -> bool:
    """Whether it is ``Sequence.register(...)``, by which an abstract class is told of what else fulfils it."""
    match function:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr="register"):
            return name[:1].isupper() and not words_of(name)[-1].startswith(("regist", "factory", "manager"))
        case _:
            return False


def _registers(name: str) -> bool:
    return name.lstrip("_").startswith("register") or name in ("add_provider", "add_backend", "add_driver")
