"""What lets others in: prefix checks of paths that can be escaped, and pickles."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from purveyor.migrate.scan.faults.body import self_attribute
from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source.syntax import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.faults.body import Context
    from purveyor.migrate.scan.faults.survey import Survey
    from purveyor.migrate.source import ClassFacts

__all__ = ["path_faults", "pickle_faults"]

_MODULES = ("pickle", "cPickle", "_pickle", "dill", "cloudpickle")
_LOADS = frozenset(
    {
        *(f"{module}.{name}" for module in _MODULES for name in ("load", "loads", "Unpickler")),
        *("shelve.open", "joblib.load", "pandas.read_pickle"),
        *("yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.UnsafeLoader"),
    }
)
_DUMPS = frozenset(
    {*(f"{module}.{name}" for module in _MODULES for name in ("dump", "dumps", "Pickler")), "joblib.dump"}
)

#: What gives the text of a whole path.
_PATH_TEXTS = frozenset(
    {"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.getcwd", "os.fspath"}
)
_OF_PATH = frozenset({"resolve", "absolute", "expanduser", "joinpath", "with_name", "with_suffix", "relative_to"})
_WORDS = ("path", "dir", "root", "folder", "base", "workspace", "sandbox")


def pickle_faults(survey: Survey, facts: ClassFacts, *, provider: bool) -> Iterator[Fault]:
    """Find uses of formats whose bytes can run code when they are loaded.

    Args:
        survey: What is known of the project.
        facts: The class.
        provider: Whether writing them counts too: what a provider writes it also reads.
    """
    body = survey.body(facts)
    for node, context in body.names:
        if isinstance(node, ast.Name) or node.attr in _LAST:
            name = survey.qualified(facts, node, context)
            if name in _LOADS:
                message = (
                    f"`{name}` runs code that the bytes name: whoever can write them can run anything. Use JSON."
                )
                yield Fault(node.lineno, "pickle", message)
            elif provider and name in _DUMPS:
                message = f"`{name}` writes what only an unpickler can read, and that runs any code. Use JSON."
                yield Fault(node.lineno, "pickle", message)
    for call in body.calls:
        if isinstance(call.node.func, ast.Attribute | ast.Name):
            name = survey.qualified(facts, call.node.func, call.context)
            keywords = {keyword.arg: keyword.value for keyword in call.node.keywords}
            if name == "torch.load" and not _is_true(keywords.get("weights_only")) and None not in keywords:
                yield Fault(call.node.lineno, "pickle", "`torch.load` unpickles. Pass weights_only=True.")
            elif name in {"yaml.load", "yaml.load_all"} and None not in keywords:
                loader = keywords.get("Loader", call.node.args[1] if len(call.node.args) > 1 else None)
                if loader is None or last_name(loader) in {"Loader", "UnsafeLoader", "FullLoader", "CLoader"}:
                    yield Fault(
                        call.node.lineno,
                        "pickle",
                        f"`{name}` can make any object. Use yaml.safe_load, or SafeLoader.",
                    )
            elif name == "numpy.load" and _is_true(keywords.get("allow_pickle")):
                yield Fault(
                    call.node.lineno, "pickle", "`numpy.load` with allow_pickle=True unpickles. Leave it off."
                )


def path_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find comparisons of a path's text with the beginning of another.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    advice = "Compare with Path.is_relative_to() on resolved paths."
    body = survey.body(facts)
    for call in body.calls:
        function = call.node.func
        if not (
            isinstance(function, ast.Attribute) and function.attr == "startswith" and len(call.node.args) == 1
        ):
            continue
        paths = _Paths(survey, facts, call.context)
        if (
            paths.is_text(function.value)
            and paths.is_text(call.node.args[0], root=True)
            and not _minds_separator(call.context)
        ):
            yield Fault(
                call.node.lineno,
                "path-prefix-check",
                f"A path's text is compared by startswith(): a neighbour whose name begins alike passes, as "
                f"does `..`. {advice}",
            )
    for compare, context in body.compares:
        for side in (compare.left, *compare.comparators):
            if (
                isinstance(side, ast.Call)
                and survey.qualified(facts, side.func, context) == "os.path.commonprefix"
            ):
                message = (
                    f"os.path.commonprefix() compares letters, not parts of paths: a neighbour passes. {advice}"
                )
                yield Fault(compare.lineno, "path-prefix-check", message)


class _Paths:
    """Tells the texts of paths from other texts."""

    def __init__(self, survey: Survey, facts: ClassFacts, context: Context) -> None:
        self.survey = survey
        self.facts = facts
        self.context = context

    def is_text(  # noqa: PLR0911 - one case a form
        self, node: ast.expr | None, *, root: bool = False, depth: int = 0
    ) -> bool:
        """Whether this is the text of a whole path, and, for a root, without a separator at its end."""
        if depth > 3:
            return False
        match node:
            case ast.Call(func=ast.Name(id="str"), args=[inner]):
                return self.is_path(inner, depth)
            case ast.Call(func=ast.Attribute(attr="as_posix", value=inner), args=[]):
                return self.is_path(inner, depth)
            case ast.Call(func=function):
                name = self.survey.qualified(self.facts, function, self.context)
                if name == "os.path.join":
                    return bool(node.args) and not (root and _ends_open(node.args[-1]))
                return name in _PATH_TEXTS
            case ast.Name(id=name):
                return self.is_text(self.context.scope.value(name), root=root, depth=depth + 1)
            case ast.Attribute():
                values = self.kept(node)
                return bool(values) and all(self.is_text(value, root=root, depth=depth + 1) for value in values)
            case _:
                return False

    def is_path(self, node: ast.expr, depth: int) -> bool:
        """Whether this is a path: made as one, or called so."""
        match node:
            case ast.Call(func=ast.Attribute(attr=method)) if method in _OF_PATH:
                return True
            case ast.Call(func=function):
                name = self.survey.qualified(self.facts, function, self.context) or ""
                return name in _PATH_TEXTS or name.startswith("pathlib.")
            case ast.BinOp(op=ast.Div()):
                return True
            case ast.Name(id=name):
                value = self.context.scope.value(name)
                return (value is not None and depth < 3 and self.is_path(value, depth + 1)) or _is_called_path(
                    name
                )
            case ast.Attribute(attr=name):
                return _is_called_path(name) or any(
                    self.is_path(value, 3) for value in self.kept(node) if depth < 3
                )
            case _:
                return False

    def kept(self, node: ast.Attribute) -> list[ast.expr]:
        """What methods of the class store in an attribute of self."""
        name = self_attribute(node, self.context)
        stores = [
            store
            for each in self.survey.known(self.facts)
            for store in self.survey.body(each).stores
            if store.name == name
        ]
        return [store.value for store in stores if store.value is not None]


_LAST = frozenset(name.rpartition(".")[2] for name in _LOADS | _DUMPS)


def _is_called_path(name: str) -> bool:
    return any(word in name.lower() for word in _WORDS)


def _ends_open(node: ast.expr) -> bool:
    """``os.path.join(root, "")`` ends with a separator."""
    return isinstance(node, ast.Constant) and node.value == ""


def _minds_separator(context: Context) -> bool:
    """Whether the statement looks at the separator by itself."""
    statement = context.statement
    header = getattr(statement, "test", statement)
    return any(last_name(node) in {"sep", "altsep"} for node in (ast.walk(header) if header is not None else ()))


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
