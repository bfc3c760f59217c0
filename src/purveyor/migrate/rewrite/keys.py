"""Which keys a class reads from the dictionary that it is built with.

Read off the source: ``config["path"]``, ``config.get("size", 10)``, ``"path" in config``, in the constructor and,
where it keeps the dictionary, in every other method. What does anything else with it (hands it on, iterates) may
read keys that cannot be told.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from purveyor.migrate.rewrite.survey import survey
from purveyor.migrate.words import opening_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from purveyor.migrate.rewrite.survey import Surveyed

__all__ = ["Function", "Handed", "Key", "KeysRead", "keys_read", "same"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_READERS = {"get", "pop", "setdefault"}
_COERCERS = {"model_validate", "parse_obj", "from_dict"}


@dataclass(slots=True)
class Key:
    """A key, and what is known of its value.

    Args:
        name: The key.
        line: Where it is read first.
        required: Whether building or starting reads it without a default, whatever else is given.
        defaults: The source of every default that it is read with; ``None`` also where it may be missing.
        annotation: The source of its type, where that can be told.
        converted: Whether that is what the constructor makes of it, as in ``int(config["size"])``.
    """

    name: str
    line: int
    required: bool = False
    defaults: set[str] = field(default_factory=set)
    annotation: str | None = None
    converted: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """Something that is built with the dictionary alone, such as ``LocalStore`` in ``LocalStore(config)``.

    Args:
        to: What is built.
        certain: Whether building or starting always builds it.
    """

    to: ast.Name | ast.Attribute
    certain: bool


@dataclass(slots=True)
class KeysRead:
    """What a class reads.

    Args:
        keys: By name, in the order in which they are read.
        open: The line from which on there may be more keys: the dictionary is handed on, or another takes its
            place. None if there are no more.
        coerced: What the dictionary is made into, as an expression: ``LocalConfig`` in ``LocalConfig(**config)``.
        handed: What is built with it.
        kept: The attributes that it is assigned to.
        elsewhere: Keys that other code reads, and where: path and line.
    """

    keys: dict[str, Key] = field(default_factory=dict)
    open: int | None = None
    coerced: ast.expr | None = None
    handed: list[Handed] = field(default_factory=list)
    kept: frozenset[str] = frozenset()
    elsewhere: dict[str, str] = field(default_factory=dict)


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
    building = [(constructor, {parameter} if parameter else set[str]()) for constructor, parameter in constructors]
    for constructor, names in building:
        reader.keep(constructor, names)
    for constructor, names in building:
        reader.read(constructor, names, builds=True)
    for method in others:
        reader.keep_property(method)
    for method in others:  # what starts it runs as surely as its constructor, or nothing is of use
        reader.read(method, set(), builds=opening_word(method.name) is not None)
    return reader.finish()


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
        self._known: dict[Function, Surveyed] = {}
        self._here: Surveyed  # the method that is looked at
        self._used: set[int] = set()  # ids of expressions that are accounted for
        self._made: set[int] = set()  # ids of those that make something else of the dictionary
        self._optional: set[str] = set()  # keys that are looked for, or put there, first
        self._replaced = False  # whether another dictionary may stand in for an empty one

    def finish(self) -> KeysRead:
        """What was found, when everything is read."""
        for key in self.found.keys.values():
            if key.name in self._optional or self._replaced:
                key.required = False
        self.found.kept = frozenset(self._kept)
        return self.found

    def keep_property(self, method: Function) -> None:
        """Note a property that gives the dictionary."""
        self._enter(method, set())
        if any(isinstance(each, ast.Name) and each.id == "property" for each in method.decorator_list):
            match method.body[-1]:
                case ast.Return(value=ast.expr() as value) if self._is_dictionary(value):
                    self._kept.add(method.name)
                case ast.Return(value=ast.expr() as value) if self._is_carrier(value):
                    self._carriers_kept.add(method.name)
                case _:
                    pass

    def keep(self, method: Function, names: set[str]) -> None:
        """Note the names and attributes that the dictionary is assigned to."""
        self._enter(method, names)
        for node in self._here.nodes:
            self._keep(node)

    def read(self, method: Function, names: set[str], *, builds: bool = False) -> None:
        """Note the keys that a method reads; those of one that always runs may be required."""
        self.keep(method, names)
        self._used, self._made = set(), set()
        for node in self._here.nodes:
            self._account(node, certain=builds and id(node) in self._here.certain)
        for node in self._here.nodes:
            if self._is_dictionary(node) and id(node) not in self._used:
                self._open(node)
            self._replace(node)

    def _enter(self, method: Function, names: set[str]) -> None:
        self._this = _this(method)
        self._names, self._carriers = (set(names), set()) if self._within is None else (set(), set(names))
        if method not in self._known:
            self._known[method] = survey(method)
        self._here = self._known[method]

    def _open(self, node: ast.AST) -> None:
        line: int = node.lineno  # type: ignore[attr-defined] # pyright: ignore
        self.found.open = min(self.found.open or line, line)

    def _keep(self, node: ast.AST) -> None:
        targets, value = _assigned(node)
        if value is None:
            return
        if any(self._is_dictionary(each) for each in same(value)):
            names, kept = self._names, self._kept
        elif any(self._is_carrier(each) for each in same(value)):
            names, kept = self._carriers, self._carriers_kept
        else:
            return
        for target in targets:
            if isinstance(target, ast.Name):
                names.add(target.id)
            elif isinstance(target, ast.Attribute) and self._is_this(target.value):
                kept.add(target.attr)

    def _replace(self, node: ast.AST) -> None:
        """Look whether something else takes the dictionary's name, so that other keys are read by it."""
        targets, value = _assigned(node)
        if value is None:
            if self._holds(node) and id(node) not in self._used:
                self._open(node)
            for each in targets:  # only annotated
                self._use(each)
            return
        held = [each for each in targets if self._holds(each)]
        sources = same(value)
        if any(self._is_dictionary(each) or self._is_carrier(each) for each in sources):
            self._replaced |= not all(
                self._is_dictionary(each) or self._is_carrier(each) or _is_nothing(each) for each in sources
            )
        elif held and id(value) not in self._made and not all(_is_nothing(each) for each in sources):
            self._open(node)
        for each in held:
            self._use(each)

    def _holds(self, node: ast.AST) -> bool:
        """Whether a place that is written to is the dictionary's, or that of what it is in."""
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                return name in self._names | self._carriers and id(node) not in self._here.inner
            case ast.Attribute(value=value, attr=name, ctx=ast.Store() | ast.Del()):
                return name in self._kept | self._carriers_kept and self._is_this(value)
            case _:
                return False

    def _account(self, node: ast.AST, *, certain: bool) -> None:
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name))) if self._is_dictionary(value):
                self._use(value)
                if isinstance(node.ctx, ast.Load):
                    self._must_have(name, node.lineno, certain=certain)
                else:
                    self._optional.add(name)  # it need not be given where the constructor puts it there
            case ast.Compare(left=ast.Constant(value=str(name)), ops=[op], comparators=[value]) if isinstance(
                op, ast.In | ast.NotIn
            ) and self._is_dictionary(value):
                self._use(value)
                self._must_have(name, node.lineno, certain=False)
                self._optional.add(name)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                named = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(self._is_dictionary(each) for each in same(value)):
                    for each in (*same(value), *named):
                        self._use(each)
                self._annotate(node, value)
            case ast.Call(func=func):
                if not self._read_by(node, certain=certain):
                    self._call(node, func, certain=certain)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                self._test(test)
            case ast.Return(value=ast.expr() as value) if self._is_dictionary(value):
                self._use(value)  # an accessor; who reads it is told by the keys of others
            case _:
                pass

    def _must_have(self, name: str, line: int, *, certain: bool) -> None:
        """Note a key that is read without a default; where it need not be read, it may be missing."""
        key = self._key(name, line)
        if certain:
            key.required = True
        else:
            key.defaults.add("None")

    def _read_by(self, node: ast.Call, *, certain: bool) -> bool:
        """Note a key that a method of the dictionary reads; whether one does."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=value, attr=attribute), args=[ast.Constant(value=str(name)), *rest]
            ) if attribute in _READERS and self._is_dictionary(value):
                self._use(value)
                if attribute == "setdefault":
                    self._optional.add(name)
                if rest:
                    self._key(name, node.lineno).defaults.add(ast.unparse(rest[0]))
                else:
                    self._must_have(name, node.lineno, certain=certain and attribute == "pop")
                return True
            case _:
                return False

    def _call(self, node: ast.Call, func: ast.expr, *, certain: bool) -> None:
        match func:
            case ast.Attribute(attr="__init__", value=ast.Call(func=ast.Name(id="super"))):
                for each in ast.walk(node):  # the base's own keys are found with the base
                    self._use(each)
            case ast.Name(id="isinstance"):
                for each in node.args:
                    self._use(each)
            case ast.Attribute(attr=attribute, value=target) if attribute in _COERCERS and len(node.args) == 1:
                if any(self._is_dictionary(each) for each in same(node.args[0])):
                    self._coerce(node, target, same(node.args[0]))
            case ast.Name() | ast.Attribute() if (
                not node.args and len(node.keywords) == 1 and node.keywords[0].arg is None
            ):
                value = same(node.keywords[0].value)
                name = func.id if isinstance(func, ast.Name) else func.attr
                if name[:1].isupper() and any(self._is_dictionary(each) for each in value):
                    self._coerce(node, func, value)
            case ast.Name() | ast.Attribute() if len(node.args) == 1 and not node.keywords:
                value = same(node.args[0])
                name = func.id if isinstance(func, ast.Name) else func.attr
                if name[:1].isupper() and any(self._is_dictionary(each) for each in value):
                    self.found.handed.append(Handed(func, certain))
                    for each in value:
                        self._use(each)
            case _:
                pass

    def _coerce(self, node: ast.Call, target: ast.expr, used: list[ast.expr]) -> None:
        self._made.add(id(node))
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
            if key.annotation is None:
                key.annotation, key.converted = annotation, inner is not value

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
            return node.id in names and isinstance(node.ctx, ast.Load) and id(node) not in self._here.inner
        return isinstance(node, ast.Attribute) and node.attr in kept and self._is_this(node.value)


def _assigned(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    """What an assignment writes to, and what it writes; None if it is none."""
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, ast.AnnAssign):
        return [node.target], node.value
    return [], None


def _is_nothing(value: ast.expr) -> bool:
    """Whether it is ``{}``, ``dict()`` or None."""
    return ast.unparse(value) in ("{}", "dict()", "None")


def same(value: ast.expr) -> list[ast.expr]:
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


def _this(method: Function) -> str:
    parameters = [*method.args.posonlyargs, *method.args.args]
    return parameters[0].arg if parameters else ""
