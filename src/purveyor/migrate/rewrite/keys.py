"""Which keys a class reads from the dictionary that it is built with.

Read off the source: ``config["path"]``, ``config.get("size", 10)``, ``"path" in config``, in the constructor and,
where it keeps the dictionary, in every other method. What does anything else with it (hands it on, iterates) may
read keys that cannot be told.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


__all__ = ["Key", "KeysRead", "is_field", "is_secret", "keys_read"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_READERS = {"get", "pop", "setdefault"}
_COERCERS = {"model_validate", "parse_obj", "from_dict"}

_SECRET = re.compile(
    r"(^|_)(pass|passwd|password|passphrase|pwd|secret|token|credentials?|api_?key|access_?key|private_?key"
    r"|signing_?key|encryption_?key|auth_?key|bearer)(_(id|value|key))?$|^(password|secret|token)_",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"(max|min|num|n|total|count|limit|per)_.*token|tokens?_(limit|count|size|budget|type|url|endpoint|ttl)|_(ttl|url|file|path)$"
    r"|^(pass|secret)_(through|name)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Key:
    """A key, and what is known of its value.

    Args:
        name: The key.
        line: Where it is read first.
        required: Whether it is read without a default.
        defaults: The source of every default that it is read with.
        annotation: The source of its type, where that can be told.
    """

    name: str
    line: int
    required: bool = False
    defaults: set[str] = field(default_factory=set)
    annotation: str | None = None


@dataclass(slots=True)
class KeysRead:
    """What a class reads.

    Args:
        keys: By name, in the order in which they are read.
        open: The line at which the dictionary is handed on, so that there may be more keys; None if it never is.
        coerced: What the dictionary is made into, as an expression: ``LocalConfig`` in ``LocalConfig(**config)``.
        handed: What is built with the dictionary alone, as expressions: ``LocalStore`` in ``LocalStore(config)``.
    """

    keys: dict[str, Key] = field(default_factory=dict)
    open: int | None = None
    coerced: ast.expr | None = None
    handed: list[ast.expr] = field(default_factory=list)


def is_secret(name: str) -> bool:
    """Whether a key looks as if its value must not be shown."""
    return _SECRET.search(name) is not None and _NO_SECRET.search(name) is None


def keys_read(
    constructors: Iterable[tuple[Function, str | None]], others: Sequence[Function], within: str | None = None
) -> KeysRead:
    """Find the keys.

    Args:
        constructors: The ``__init__`` that is called and those of bases that it calls, each with the parameter
            that is the dictionary.
        others: The class's other methods, inherited ones included.
        within: The attribute of a generic config that is the dictionary: ``"config"`` in ``config.config["x"]``.
    """
    reader = _Reader(within)
    for constructor, parameter in constructors:
        reader.read(constructor, {parameter} if parameter else set())
    for method in others:
        reader.keep_property(method)
    for method in others:
        reader.read(method, set())
    return reader.found


class _Reader:
    def __init__(self, within: str | None) -> None:
        self.found = KeysRead()
        self._within = within
        # The names and attributes that are the dictionary, and those of the generic config that it is in.
        self._names: set[str] = set()
        self._kept: set[str] = set()
        self._carriers: set[str] = set()
        self._carriers_kept: set[str] = set()
        self._this = "self"
        self._used: set[int] = set()  # ids of expressions that are accounted for
        self._optional: set[str] = set()

    def keep_property(self, method: Function) -> None:
        """Note a property that gives the dictionary."""
        self._this = _this(method)
        self._names, self._carriers = set(), set()
        if any(isinstance(each, ast.Name) and each.id == "property" for each in method.decorator_list):
            match method.body[-1]:
                case ast.Return(value=ast.expr() as value) if self._is_dictionary(value):
                    self._kept.add(method.name)
                case ast.Return(value=ast.expr() as value) if self._is_carrier(value):
                    self._carriers_kept.add(method.name)
                case _:
                    pass

    def read(self, method: Function, names: set[str]) -> None:
        self._this = _this(method)
        self._names, self._carriers = (set(names), set()) if self._within is None else (set(), set(names))
        nodes = list(ast.walk(method))
        for node in nodes:
            self._keep(node)
        self._used = set()
        for node in nodes:
            self._account(node)
        for node in nodes:
            if self._is_dictionary(node) and id(node) not in self._used:
                self.found.open = min(self.found.open or node.lineno, node.lineno)  # type: ignore[attr-defined]
        for name in self._optional & self.found.keys.keys():
            self.found.keys[name].required = False

    def _keep(self, node: ast.AST) -> None:
        """Note the names and attributes that the dictionary is assigned to."""
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            return
        if any(self._is_dictionary(each) for each in _same(value)):
            names, kept = self._names, self._kept
        elif any(self._is_carrier(each) for each in _same(value)):
            names, kept = self._carriers, self._carriers_kept
        else:
            return
        for target in targets:
            if isinstance(target, ast.Name):
                names.add(target.id)
            elif isinstance(target, ast.Attribute) and self._is_this(target.value):
                kept.add(target.attr)

    def _account(self, node: ast.AST) -> None:
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name))) if self._is_dictionary(value):
                self._use(value)
                if isinstance(node.ctx, ast.Load):
                    self._key(name, node.lineno).required = True
            case ast.Compare(left=ast.Constant(value=str(name)), ops=[op], comparators=[value]) if isinstance(
                op, ast.In | ast.NotIn
            ) and self._is_dictionary(value):
                self._use(value)
                self._key(name, node.lineno)
                self._optional.add(name)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                named = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(self._is_dictionary(each) for each in _same(value)):
                    for each in (*_same(value), *named):
                        self._use(each)
                self._annotate(node, value)
            case ast.Call(func=func):
                if not self._read_by(node):
                    self._call(node, func)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                self._test(test)
            case ast.Return(value=ast.expr() as value) if self._is_dictionary(value):
                self._use(value)  # an accessor; who reads it is told by the keys of others
            case _:
                pass

    def _read_by(self, node: ast.Call) -> bool:
        """Note a key that a method of the dictionary reads; whether one does."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=value, attr=attribute), args=[ast.Constant(value=str(name)), *rest]
            ) if attribute in _READERS and self._is_dictionary(value):
                self._use(value)
                key = self._key(name, node.lineno)
                if rest:
                    key.defaults.add(ast.unparse(rest[0]))
                elif attribute == "pop":
                    key.required = True
                else:
                    key.defaults.add("None")
                return True
            case _:
                return False

    def _call(self, node: ast.Call, func: ast.expr) -> None:
        match func:
            case ast.Attribute(attr="__init__", value=ast.Call(func=ast.Name(id="super"))):
                for each in ast.walk(node):  # the base's own keys are found with the base
                    self._use(each)
            case ast.Name(id="isinstance"):
                for each in node.args:
                    self._use(each)
            case ast.Attribute(attr=attribute, value=target) if attribute in _COERCERS and len(node.args) == 1:
                if any(self._is_dictionary(each) for each in _same(node.args[0])):
                    self._coerce(target, _same(node.args[0]))
            case ast.Name() | ast.Attribute() if (
                not node.args and len(node.keywords) == 1 and node.keywords[0].arg is None
            ):
                value = _same(node.keywords[0].value)
                name = func.id if isinstance(func, ast.Name) else func.attr
                if name[:1].isupper() and any(self._is_dictionary(each) for each in value):
                    self._coerce(func, value)
            case ast.Name() | ast.Attribute() if len(node.args) == 1 and not node.keywords:
                value = _same(node.args[0])
                name = func.id if isinstance(func, ast.Name) else func.attr
                if name[:1].isupper() and any(self._is_dictionary(each) for each in value):
                    self.found.handed.append(func)
                    for each in value:
                        self._use(each)
            case _:
                pass

    def _coerce(self, target: ast.expr, used: list[ast.expr]) -> None:
        if self.found.coerced is not None and ast.dump(self.found.coerced) != ast.dump(target):
            return  # two of them: that the second is handed the dictionary leaves it open
        self.found.coerced = target
        for each in used:
            self._use(each)

    def _test(self, test: ast.expr) -> None:
        """``if config:``, ``if not config:``, ``if config is None``."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test = test.operand
        if isinstance(test, ast.Compare) and all(isinstance(each, ast.Is | ast.IsNot) for each in test.ops):
            test = test.left
        if self._is_dictionary(test):
            self._use(test)

    def _annotate(self, node: ast.Assign | ast.AnnAssign, value: ast.expr) -> None:
        """Take the type of a key from where its value goes."""
        inner, annotation = value, None
        if isinstance(node, ast.AnnAssign):
            annotation = ast.unparse(node.annotation)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and len(value.args) == 1:
            inner = value.args[0]
            if annotation is None and value.func.id in {"int", "float", "str", "bool"}:
                annotation = value.func.id
        name = self._name_read(inner)
        if name is not None and annotation is not None:
            key = self._key(name, node.lineno)
            key.annotation = key.annotation or annotation

    def _name_read(self, node: ast.expr) -> str | None:
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name))) if self._is_dictionary(value):
                return name
            case ast.Call(
                func=ast.Attribute(value=value, attr=attribute), args=[ast.Constant(value=str(name)), *_]
            ) if attribute in _READERS and self._is_dictionary(value):
                return name
            case _:
                return None

    def _key(self, name: str, line: int) -> Key:
        return self.found.keys.setdefault(name, Key(name, line))

    def _use(self, node: ast.AST) -> None:
        self._used.add(id(node))

    def _is_this(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self._this

    def _is_dictionary(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Attribute) and node.attr == self._within and self._is_carrier(node.value):
            return True
        return self._is_one_of(node, self._names, self._kept)

    def _is_carrier(self, node: ast.AST) -> bool:
        return self._is_one_of(node, self._carriers, self._carriers_kept)

    def _is_one_of(self, node: ast.AST, names: set[str], kept: set[str]) -> bool:
        if isinstance(node, ast.Name):
            return node.id in names and isinstance(node.ctx, ast.Load)
        return isinstance(node, ast.Attribute) and node.attr in kept and self._is_this(node.value)


def _same(value: ast.expr) -> list[ast.expr]:
    """The expressions whose value an expression has: itself, a copy of it, or a default for None."""
    found: list[ast.expr] = []
    todo = [value]
    while todo:
        each = todo.pop()
        match each:
            case ast.BoolOp(values=values):
                todo.extend(reversed(values))
            case ast.IfExp(body=body, orelse=orelse):
                todo.extend((orelse, body))
            case ast.Call(func=ast.Name(id="dict"), args=[only], keywords=[]):
                todo.append(only)
            case ast.Call(func=ast.Attribute(value=only, attr="copy"), args=[], keywords=[]):
                todo.append(only)
            case ast.Dict(keys=[None], values=[only]):
                todo.append(only)
            case _:
                found.append(each)
    return found


def is_field(name: str) -> bool:
    """Whether a key can be the name of a dataclass's field."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def _this(method: Function) -> str:
    parameters = [*method.args.posonlyargs, *method.args.args]
    return parameters[0].arg if parameters else ""
