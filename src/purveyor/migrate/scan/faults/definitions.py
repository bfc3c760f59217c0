"""What a class needs to come into being: its bases, their order, its imports, and a name of its own."""

from __future__ import annotations

import ast
import builtins
import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from purveyor.migrate.scan.faults.survey import Survey
    from purveyor.migrate.source import ClassFacts, Project, SourceFile

__all__ = ["definition_faults", "import_faults"]

_NOTHING = "nothing defines or imports it"
_CATCHES_IMPORT = frozenset({"", "ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_CATCHES_NAME = frozenset({"", "NameError", "Exception", "BaseException"})

#: What binds names of a module without spelling them out.
_BINDS_UNSEEN = re.compile(
    r"import\s+\*|\bglobals\(\)|\bexec\(|\bsys\.modules\b|\bdef __getattr__\b"
    r"|\b__builtins__\b|\bimport builtins\b|\b_convert_\("
)
#: The names that a file binds in other ways than by plain statements; None where they could be any.
_OTHERWISE: WeakKeyDictionary[SourceFile, frozenset[str] | None] = WeakKeyDictionary()

#: Names that every module or method has, or that some version of Python or some platform has.
_ALWAYS = frozenset(dir(builtins)) | {
    *(
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__class__",
        "__dict__",
        "__file__",
        "__module__",
        "__path__",
    ),
    *("__qualname__", "__firstlineno__", "__static_attributes__", "__type_params__", "__classdict__"),
    *(
        "_",
        "aiter",
        "anext",
        "exit",
        "quit",
        "help",
        "reveal_type",
        "reveal_locals",
        "unicode",
        "basestring",
        "long",
    ),
    *("BaseExceptionGroup", "ExceptionGroup", "EncodingWarning", "PythonFinalizationError", "WindowsError"),
}


def definition_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find what keeps a class from being defined as it is meant.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    yield from _bases(survey, facts)
    yield from _local_imports(survey, facts)
    yield from _names(survey, facts)
    if facts.mro_problem is not None:
        message = f"`{facts.name}` has no order of its bases: {facts.mro_problem}. Python cannot create it."
        yield Fault(facts.line, "mro", f"{message} Reorder or remove bases.")
    yield from _duplicate(survey, facts)


def import_faults(project: Project, file: SourceFile) -> Iterator[Fault]:
    """Find imports at a module's own level of something that the tree does not have.

    Args:
        project: The tree.
        file: The module's file.
    """
    for statement in _imports(file.tree.body if file.tree is not None else []):
        yield from _unresolved(project, file, statement, None)


def _bases(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    for base in facts.bases:
        found = base.resolved
        if not isinstance(found, Unresolved) or not _is_missing(found):
            continue
        if not _may_be_defined(survey.project, found, base.expression):
            message = f"The base `{base.expression}` cannot be found: {_plainly(found)}."
            yield Fault(found.line or facts.line, "missing-base", f"{message} Import it, or correct its name.")


def _local_imports(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    for statement, context in survey.body(facts).imports:
        if not context.catches & _CATCHES_IMPORT:
            yield from _unresolved(survey.project, facts.file, statement, context.method or facts.node)


def _names(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Names that methods use and that nothing defines."""
    told: set[str] = set()
    parameters: set[str | None] | None = None
    for node, context in survey.body(facts).names:
        if not isinstance(node, ast.Name) or node.id in _ALWAYS or node.id in told:
            continue
        if context.scope.owner(node.id) is not None or context.catches & _CATCHES_NAME:
            continue
        if (
            node.id in survey.body(facts).bindings
        ):  # seen at the class's own level; in methods it is at least spelt right
            continue
        found = survey.resolved(facts, node)
        if not isinstance(found, Unresolved) or found.reason != _NOTHING:
            continue
        told.add(node.id)
        if parameters is None:
            parameters = _type_parameters(facts)
        if not _may_come_otherwise(facts.file, node.id) and node.id not in parameters:
            message = f"`{node.id}` is used, but nothing defines or imports it. Import it, or correct the name."
            yield Fault(node.lineno, "missing-import", message)


def _duplicate(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    alike = survey.namesakes(facts)
    later = next((each for each in alike if each.line > facts.line), None)
    if facts.shadowed and later is not None:
        yield Fault(
            facts.line,
            "duplicate-class",
            f"`{facts.qualname}` is replaced by another of its name (line {later.line}). Rename or remove one.",
        )
        return
    earlier = [each for each in alike if each.line < facts.line and each.shadowed]
    if earlier:
        yield Fault(
            facts.line,
            "duplicate-class",
            f"`{facts.qualname}` replaces another of its name (line {earlier[-1].line}). Rename or remove one.",
        )


def _imports(statements: Sequence[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run, and whose failure nobody catches."""
    for statement in statements:
        match statement:
            case ast.Import() | ast.ImportFrom():
                yield statement
            case ast.Try():
                if not any(_catches_import(handler) for handler in statement.handlers):
                    yield from _imports(statement.body)
                yield from _imports([*statement.orelse, *statement.finalbody])
            case ast.With():
                yield from _imports(statement.body)
            case _:
                pass  # under a condition, nobody knows whether it runs


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(each, ast.Name) and each.id in _CATCHES_IMPORT for each in types)


def _unresolved(
    project: Project, file: SourceFile, statement: ast.Import | ast.ImportFrom, scope: ast.AST | None
) -> Iterator[Fault]:
    for alias in statement.names:
        if alias.name == "*":
            continue
        bound = alias.asname or alias.name
        found = project.resolve(file, bound if "." in bound else ast.Name(bound, ast.Load()), scope)
        if not isinstance(found, Unresolved) or found.reason == _NOTHING or not _is_missing(found):
            continue
        if not _may_be_defined(project, found, alias.name):
            message = f"`{alias.name}` cannot be imported: {_plainly(found)}. Add it, or correct the import."
            yield Fault(alias.lineno, "missing-import", message)


def _is_missing(found: Unresolved) -> bool:
    reason = found.reason
    return reason == _NOTHING or reason.startswith("there is no module ") or reason.endswith(" does not define it")


def _plainly(found: Unresolved) -> str:
    return f"{found.reason}" if found.reason != _NOTHING else f"nothing defines or imports `{found.name}`"


def _may_be_defined(project: Project, found: Unresolved, name: str) -> bool:
    """Whether the module may define the name in a way that cannot be read off its statements."""
    path = found.reason.removesuffix(" does not define it")
    name = name.partition("[")[0].rpartition(".")[2]
    return any(_may_come_otherwise(file, name) for file in project.files if file.path == path)


def _may_come_otherwise(file: SourceFile, name: str) -> bool:
    """Whether a module's name may be bound by something else than its own plain statements."""
    if file not in _OTHERWISE:
        unseen = _BINDS_UNSEEN.search(file.text) is not None
        _OTHERWISE[file] = None if unseen else frozenset(_bound_otherwise(file.text))
    names = _OTHERWISE[file]
    return names is None or name in names


def _bound_otherwise(text: str) -> Iterator[str]:
    for listed in re.findall(r"\bglobal\b([^\n]*)", text):
        yield from re.findall(r"\w+", listed)
    for walrus, alias in re.findall(r"\b(\w+)\s*:=|\btype\s+(\w+)", text):
        yield walrus or alias


def _type_parameters(facts: ClassFacts) -> set[str | None]:
    return {
        getattr(parameter, "name", None)
        for node in ast.walk(facts.node)
        for parameter in getattr(node, "type_params", ())
    }
