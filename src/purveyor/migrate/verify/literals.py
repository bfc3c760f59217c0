"""What is written out in sources: the calls that a project's own tests make, and what configs ask for."""

from __future__ import annotations

import ast
import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from purveyor.migrate.verify.parsing import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["calls_in_tests", "required_settings"]

_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

#: Series of calls of one class that are taken.
_MOST = 8
#: Names of fixtures and of folders that tests get.
_FOLDERS = {"tmp_path", "tmpdir", "tmp_dir", "temp_dir"}


@dataclass
class _Series:
    """An object that a test builds, and what it calls on it."""

    cls: str
    build: dict[str, Any]
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class _NotWrittenOutError(Exception):
    """An argument is no literal."""


def calls_in_tests(tests: Iterable[bytes], classes: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Series of calls by class, in the order in which they stand in the tests.

    Args:
        tests: The sources.
        classes: The names of the classes, as tests import them.

    Returns:
        ``{"build": {"args", "kwargs"}, "calls": [{"method", "args", "kwargs"}]}``; each once.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in classes}
    for source in tests:
        module = parsed(source)
        if module is None:
            continue
        with contextlib.suppress(RecursionError):  # it nests deeper than what anybody would write down
            for series in _File(module, found.keys()).series():
                seed = {"build": series.build, "calls": series.calls}
                found[series.cls].setdefault(json.dumps(seed), seed)
    return {name: list(seeds.values())[:_MOST] for name, seeds in found.items()}


def required_settings(source: bytes) -> dict[str, dict[str, str]]:
    """What the configs that a converted module generates must be given: types as texts, by class and field.

    Args:
        source: The module after the migration, where `from_config` names the config of each class.
    """
    module = parsed(source)
    if module is None:
        return {}
    classes = [node for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    found: dict[str, dict[str, str]] = {}
    with contextlib.suppress(RecursionError):  # as above
        fields = {node.name: _fields(node) for node in classes}
        for node in classes:
            for function in _functions(node.body):
                for parameter in function.args.args[1:]:
                    if function.name == "from_config" and parameter.annotation is not None:
                        found[node.name] = fields.get(ast.unparse(parameter.annotation).strip("'\""), {})
    return found


class _File:
    """One file of tests: what it imports, its fixtures, and its functions."""

    def __init__(self, module: ast.Module, classes: Iterable[str]) -> None:
        self._module = module
        self._classes = set(classes)
        self._names = dict(_imports(module))
        self._fixtures = {each.name: each for each in _functions(module.body) if _is_fixture(each)}

    def series(self) -> Iterator[_Series]:
        yield from self._of(self._module.body, [])
        for node in self._module.body:
            if isinstance(node, ast.ClassDef):
                prepared = [each for each in _functions(node.body) if each.name.lower().endswith("setup")]
                yield from self._of(node.body, prepared)

    def _of(self, body: list[ast.stmt], prepared: list[_Function]) -> Iterator[_Series]:
        for function in _functions(body):
            if not function.name.startswith("test"):
                continue
            scope = _Scope(self._classes, self._names)
            for each in prepared:
                scope.read(each)
            for parameter in function.args.args:
                fixture = self._fixtures.get(parameter.arg)
                if fixture is not None:
                    scope.read_fixture(fixture)
            scope.read(function)
            yield from scope.series


class _Scope:
    """One test: what its names stand for, as far as that is written out."""

    def __init__(self, classes: set[str], names: dict[str, str]) -> None:
        self._classes = classes
        self._names = names
        self._values: dict[str, Any] = {}
        self._objects: dict[str, _Series] = {}
        self.series: list[_Series] = []

    def read(self, function: _Function) -> None:
        """Take in what a function does, from its first line to its last."""
        for node in _in_order(function):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self._assign(targets[0], node.value)
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                self._assign(node.optional_vars, node.context_expr)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self._call(node, node.func)

    def read_fixture(self, fixture: _Function) -> None:
        """Take in a fixture: its name stands for the object that it gives."""
        self.read(fixture)
        for node in ast.walk(fixture):
            if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                self._assign(ast.Name(fixture.name), node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        name = ast.unparse(target)
        known = self._objects.get(ast.unparse(value))
        self._objects.pop(name, None)
        self._values.pop(name, None)
        try:
            if known is not None:
                self._objects[name] = known
            elif isinstance(value, ast.Call) and (cls := _last_name(value.func)) in self._classes:
                self._objects[name] = _Series(cls, self._arguments(value))
                self.series.append(self._objects[name])
            else:
                self._values[name] = self._value(value)
        except _NotWrittenOutError:
            pass

    def _call(self, node: ast.Call, function: ast.Attribute) -> None:
        series = self._objects.get(ast.unparse(function.value))
        if series is None or function.attr.startswith("_"):
            return
        with contextlib.suppress(_NotWrittenOutError):
            series.calls.append({"method": function.attr, **self._arguments(node)})

    def _arguments(self, node: ast.Call) -> dict[str, Any]:
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self._value(keyword.value)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict) and "$call" not in value:
                kwargs.update(value)
            else:
                raise _NotWrittenOutError
        return {"args": [self._value(each) for each in node.args], "kwargs": kwargs}

    def _value(self, node: ast.expr) -> Any:  # noqa: PLR0911 - one a kind of expression
        """What an expression stands for, as `purveyor.migrate.verify.child.specs` takes it."""
        name = ast.unparse(node)
        if name in self._values:
            return self._values[name]
        if name in _FOLDERS:
            return {"$path": ""}
        if isinstance(node, ast.Constant):
            return _constant(node.value)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)):
            return self._container(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return _joined(self._value(node.left), self._value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            number = self._value(node.operand)
            if isinstance(number, (int, float)):
                return -number
        if isinstance(node, ast.Call):
            return self._made(node)
        raise _NotWrittenOutError

    def _container(self, node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> Any:
        if isinstance(node, ast.Dict):
            return self._table(node)
        elements = [self._value(each) for each in node.elts]
        if isinstance(node, ast.List):
            return elements
        return {"$call": f"builtins:{'tuple' if isinstance(node, ast.Tuple) else 'set'}", "args": [elements]}

    def _table(self, node: ast.Dict) -> Any:
        pairs: list[list[Any]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise _NotWrittenOutError
            pairs.append([self._value(key), self._value(value)])
        if all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        return {"$call": "builtins:dict", "args": [pairs]}

    def _made(self, node: ast.Call) -> Any:
        """A call of something that the test imports, such as a config's class."""
        head, *rest = ast.unparse(node.func).split(".")
        arguments = self._arguments(node)
        if head in {"str", "Path"} and not rest and len(arguments["args"]) == 1 and _is_path(arguments["args"][0]):
            return arguments["args"][0]
        if head not in self._names:
            raise _NotWrittenOutError
        module, _, qualname = self._names[head].partition(":")
        if not qualname:  # a module: what is called in it comes last
            if not rest:
                raise _NotWrittenOutError
            module, qualname, rest = ".".join([module, *rest[:-1]]), rest[-1], []
        return {"$call": f"{module}:{'.'.join([qualname, *rest])}", **arguments}


def _imports(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that a file imports, with what they stand for: ``module`` or ``module:name``."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}:{alias.name}"


def _fields(node: ast.ClassDef) -> dict[str, str]:
    """The annotated fields of a class that have no default."""
    return {
        field.target.id: ast.unparse(field.annotation)
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.value is None
    }


def _functions(body: list[ast.stmt]) -> list[_Function]:
    return [node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _is_fixture(function: _Function) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """What stands below a node, as it is run: what is assigned after it was computed."""
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)
        yield child


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _constant(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$call": "builtins:bytes.fromhex", "args": [value.hex()]}
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise _NotWrittenOutError


def _is_path(value: Any) -> bool:
    return isinstance(value, dict) and "$path" in value


def _joined(folder: Any, name: Any) -> Any:
    if not _is_path(folder) or not isinstance(name, str) or name.startswith("/") or ".." in name.split("/"):
        raise _NotWrittenOutError
    return {"$path": f"{folder['$path']}/{name}".lstrip("/")}
