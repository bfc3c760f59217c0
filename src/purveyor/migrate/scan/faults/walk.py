"""One walk of a class's body, which all checks share."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeAlias

from purveyor.migrate.scan.faults.body import (
    Acquire,
    Body,
    Call,
    Context,
    Execution,
    Function,
    Name,
    Read,
    Scope,
    Store,
    self_attribute,
)
from purveyor.migrate.source.syntax import last_name, names_of_decorators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["read_body"]

#: What is left to visit below a node, if anything, each as the same again.
_Work: TypeAlias = "Iterator[_Work] | None"

#: Nodes that say something of the one they belong to, and nothing by themselves.
_BARE = frozenset({ast.Load, ast.Store, ast.Del, *ast.operator.__subclasses__(), *ast.boolop.__subclasses__()})

#: What awaits its arguments when it is awaited itself.
_AWAITS_ARGUMENTS = frozenset({"gather", "wait_for", "shield"})

#: What is called on a lock to find out whether it is held.
_ASKS_LOCK = frozenset({"locked", "_is_owned", "owner", "is_locked"})


def read_body(node: ast.ClassDef) -> Body:
    """Walk a class's body once.

    Args:
        node: The class.
    """
    return _Walker().walk(node.body, Context(None, None, Scope(None)))


class _Walker:
    def __init__(self) -> None:
        self.body = Body()
        self.executions: dict[int, Execution] = {}  # by the id of a node that is still to be visited
        self.visitors: dict[type[ast.AST], Callable[[Any, Context], _Work]] = {
            ast.ClassDef: self.class_def,
            ast.FunctionDef: self.function,
            ast.AsyncFunctionDef: self.function,
            ast.Lambda: self.lambda_,
            ast.With: self.with_,
            ast.AsyncWith: self.with_,
            ast.For: self.for_,
            ast.AsyncFor: self.for_,
            ast.comprehension: self.comprehension,
            ast.If: self.if_,
            ast.IfExp: self.if_,
            ast.Try: self.try_,
            ast.TryStar: self.try_,
            ast.Assign: self.assign,
            ast.AnnAssign: self.assign,
            ast.AugAssign: self.assign,
            ast.NamedExpr: self.named,
            ast.Delete: self.children,
            ast.Import: self.import_,
            ast.ImportFrom: self.import_,
            ast.ExceptHandler: self.handler,
            ast.Global: self.global_,
            ast.Await: self.await_,
            ast.Yield: self.yield_,
            ast.YieldFrom: self.yield_,
            ast.Call: self.call,
            ast.Compare: self.compare,
            ast.Attribute: self.attribute,
            ast.Name: self.name,
            ast.Constant: self.constant,
            ast.MatchAs: self.match,
            ast.MatchStar: self.match,
            ast.MatchMapping: self.match,
        }

    def walk(self, statements: Sequence[ast.stmt], context: Context) -> Body:
        """Visit all there is, without recursion: source may be nested deeper than Python's stack."""
        open_: list[Iterator[_Work]] = [self.block(statements, context)]
        while open_:
            for inner in open_[-1]:
                if inner is not None:
                    open_.append(inner)
                    break
            else:
                open_.pop()
        return self.body

    def visit(self, node: ast.AST, context: Context) -> _Work:
        return self.visitors.get(type(node), self.children)(node, context)

    def children(self, node: ast.AST, context: Context) -> Iterator[_Work]:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                if value and isinstance(value[0], ast.stmt):
                    yield self.block(value, context)
                else:
                    for item in value:
                        if isinstance(item, ast.AST):
                            yield self.visit(item, context)
            elif isinstance(value, ast.AST) and type(value) not in _BARE:
                yield self.visit(value, context)

    def block(self, statements: Sequence[ast.stmt], context: Context) -> Iterator[_Work]:
        held: str | None = None  # taken by the statement before
        for statement in statements:
            here = context._replace(statement=statement)
            if held is not None and _is_held_during(statement, held, here):
                here = here._replace(held=(*here.held, held))
            yield self.visit(statement, here)
            held = _acquired(statement, here)

    # Definitions

    def class_def(self, node: ast.ClassDef, context: Context) -> Iterator[_Work]:
        self.bind(node.name, context)
        if context.method is None:
            self.define(node.name, node.lineno, None)
        for part in [*node.decorator_list, *node.bases, *node.keywords]:
            yield self.visit(part, context)
        for inner in ast.walk(node):  # what it stores counts: it may do so on an instance of the outer class
            if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                self.body.stored_anywhere.add(inner.attr)

    def function(self, node: Function, context: Context) -> Iterator[_Work]:
        for part in [
            *node.decorator_list,
            *node.args.defaults,
            *(d for d in node.args.kw_defaults if d is not None),
        ]:
            yield self.visit(part, context)
        is_async = isinstance(node, ast.AsyncFunctionDef)
        if context.method is None:
            self.define(node.name, node.lineno, node)
            scope = _scope_of(node.args, None)
            inner = Context(node, _receiver(node), scope, is_async)
        else:
            self.bind(node.name, context)
            scope = _scope_of(node.args, context.scope)
            inner = context._replace(scope=scope, is_async=is_async, deferred=True, held=(), catches=frozenset())
        yield self.block(node.body, inner)

    def lambda_(self, node: ast.Lambda, context: Context) -> Iterator[_Work]:
        for part in [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]:
            yield self.visit(part, context)
        scope = _scope_of(node.args, context.scope)
        yield self.visit(node.body, context._replace(scope=scope, is_async=False, deferred=True, held=()))

    # Statements

    def with_(self, node: ast.With | ast.AsyncWith, context: Context) -> Iterator[_Work]:
        for item in node.items:
            self.executions[id(item.context_expr)] = "with"
            yield self.visit(item.context_expr, context)
            if item.optional_vars is not None:
                yield self.store(item.optional_vars, None, context)
            name = self_attribute(item.context_expr, context)
            if name is not None:
                self.body.acquires.append(Acquire(name, item.context_expr.lineno, context))
            elif isinstance(item.context_expr, ast.Call):
                called = self_attribute(item.context_expr.func, context)
                name = None if called is None else f"{called}()"
                if last_name(item.context_expr.func) == "suppress":
                    context = context._replace(catches=context.catches | _caught(item.context_expr.args))
            if name is not None and not _releases(node.body, name, context):
                context = context._replace(held=(*context.held, name))
        yield self.block(node.body, context)

    def for_(self, node: ast.For | ast.AsyncFor, context: Context) -> Iterator[_Work]:
        self.executions[id(node.iter)] = "iterate"
        yield self.visit(node.iter, context)
        yield self.store(node.target, None, context)
        yield self.block(node.body, context)
        yield self.block(node.orelse, context)

    def comprehension(self, node: ast.comprehension, context: Context) -> Iterator[_Work]:
        self.executions[id(node.iter)] = "iterate"
        yield self.visit(node.iter, context)
        yield self.store(node.target, None, context)
        for test in node.ifs:
            yield self.visit(test, context)

    def if_(self, node: ast.If | ast.IfExp, context: Context) -> Iterator[_Work]:
        yield self.visit(node.test, context)
        inner = context._replace(conditional=True) if _depends(node.test, context) else context
        for branch in (node.body, node.orelse):
            if isinstance(branch, list):
                yield self.block(branch, inner)
            else:
                yield self.visit(branch, inner)

    def try_(self, node: ast.Try | ast.TryStar, context: Context) -> Iterator[_Work]:
        caught = _caught([handler.type for handler in node.handlers])
        yield self.block(node.body, context._replace(catches=context.catches | caught))
        for handler in node.handlers:
            yield self.visit(handler, context)
        yield self.block(node.orelse, context)
        yield self.block(node.finalbody, context)

    def assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, context: Context) -> Iterator[_Work]:
        if node.value is not None:
            yield self.visit(node.value, context)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(node, ast.AnnAssign) and node.value is None:
                yield self.declare(target, context)
            else:
                yield self.store(target, node.value, context, augmented=isinstance(node, ast.AugAssign))

    def named(self, node: ast.NamedExpr, context: Context) -> Iterator[_Work]:
        yield self.visit(node.value, context)
        yield self.store(node.target, node.value, context)

    def import_(self, node: ast.Import | ast.ImportFrom, context: Context) -> None:
        self.body.imports.append((node, context))
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            if context.method is None:
                self.define(name, node.lineno, None)
            elif isinstance(node, ast.Import):
                context.scope.imports[name] = alias.name if alias.asname else name
            else:
                context.scope.imports[name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"

    def handler(self, node: ast.ExceptHandler, context: Context) -> _Work:
        if node.name is not None:
            self.bind(node.name, context)
        return self.children(node, context)

    def match(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping, context: Context) -> _Work:
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name is not None:
            self.bind(name, context)
        return self.children(node, context)

    def global_(self, node: ast.Global, context: Context) -> None:
        for name in node.names:
            self.bind(name, context)

    # Expressions

    def await_(self, node: ast.Await, context: Context) -> Iterator[_Work]:
        self.executions[id(node.value)] = "await"
        if isinstance(node.value, ast.Call) and last_name(node.value.func) in _AWAITS_ARGUMENTS:
            for argument in node.value.args:
                self.executions[id(argument)] = "await"
        yield self.visit(node.value, context)

    def yield_(self, node: ast.Yield | ast.YieldFrom, context: Context) -> Iterator[_Work]:
        if context.method is not None and not context.deferred:
            self.body.yields.append((context.method.name, context.held))
        if node.value is not None:
            if isinstance(node, ast.YieldFrom):
                self.executions[id(node.value)] = "iterate"
            yield self.visit(node.value, context)

    def call(self, node: ast.Call, context: Context) -> Iterator[_Work]:
        self.body.calls.append(Call(node, context, self.executions.pop(id(node), "plain")))
        name = self_attribute(node.func, context)
        if name is not None:
            assert isinstance(node.func, ast.Attribute)
            self.body.reads.append(Read(name, node.func.lineno, context, True, node.func))
        else:
            yield self.visit(node.func, context)
        for argument in node.args:
            yield self.visit(argument, context)
        for keyword in node.keywords:
            yield self.visit(keyword.value, context)
        self.notice_dynamic(node, context)

    def notice_dynamic(self, node: ast.Call, context: Context) -> None:
        called = last_name(node.func)
        if called in {"setattr", "delattr"}:
            first = node.args[0] if node.args else None
            named = len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
            if not named and not (isinstance(first, ast.Name) and first.id != context.receiver):
                self.body.dynamic = True
        elif (
            (called == "__setattr__" and len(node.args) > 1 and not isinstance(node.args[-2], ast.Constant))
            or (called == "vars" and any(isinstance(a, ast.Name) and a.id == context.receiver for a in node.args))
            or (called in {"locals", "exec"} and context.method is None)
        ):
            self.body.dynamic = True

    def compare(self, node: ast.Compare, context: Context) -> _Work:
        self.body.compares.append((node, context))
        return self.children(node, context)

    def attribute(self, node: ast.Attribute, context: Context) -> _Work:
        if isinstance(node.ctx, ast.Load):
            if node.attr == "__dict__":
                self.body.dynamic = True
            name = self_attribute(node, context)
            if name is not None:
                self.body.reads.append(Read(name, node.lineno, context, False, node))
                return None
            self.body.names.append(Name(node, context))
        else:  # del self.x
            self.body.stored_anywhere.add(node.attr)
        return self.children(node, context)

    def name(self, node: ast.Name, context: Context) -> None:
        if isinstance(node.ctx, ast.Load):
            self.body.names.append(Name(node, context))
        else:
            self.bind(node.id, context)

    def constant(self, node: ast.Constant, context: Context) -> None:
        if isinstance(node.value, str) and node.value.isidentifier():
            self.body.texts.add(node.value)

    # Bindings

    def define(self, name: str, line: int, value: Function | ast.expr | None) -> None:
        self.body.bindings.setdefault(name, []).append((line, value))

    def bind(self, name: str, context: Context, value: ast.expr | None = None) -> None:
        if context.method is not None:
            context.scope.bound.setdefault(name, []).append(value)

    def declare(self, target: ast.expr, context: Context) -> Iterator[_Work]:
        """An annotation without a value: ``x: int`` or ``self.x: int``."""
        if isinstance(target, ast.Attribute):
            self.body.stored_anywhere.add(target.attr)
        else:
            yield self.store(target, None, context)

    def store(
        self, target: ast.expr, value: ast.expr | None, context: Context, *, augmented: bool = False
    ) -> Iterator[_Work]:
        if isinstance(target, ast.Name):
            self.bind(target.id, context, None if augmented else value)
            if context.method is None:
                self.define(target.id, target.lineno, value)
        elif isinstance(target, ast.Attribute):
            self.body.stored_anywhere.add(target.attr)
            if self_attribute(target, context) is not None:
                self.body.stores.append(Store(target.attr, target.lineno, context, value, augmented))
            else:
                yield self.visit(target.value, context)
        elif isinstance(target, ast.Tuple | ast.List):
            pairs: Iterator[tuple[ast.expr, ast.expr | None]]
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                pairs = zip(target.elts, value.elts, strict=True)
            else:
                pairs = ((element, None) for element in target.elts)
            for element, its in pairs:
                yield self.store(element, its, context)
        elif isinstance(target, ast.Starred):
            yield self.store(target.value, None, context)
        else:
            yield self.visit(target, context)


def _receiver(node: Function) -> str | None:
    if "staticmethod" in names_of_decorators(node):
        return None
    arguments = [*node.args.posonlyargs, *node.args.args]
    return arguments[0].arg if arguments and arguments[0].arg in {"self", "cls"} else None


def _scope_of(arguments: ast.arguments, parent: Scope | None) -> Scope:
    scope = Scope(parent)
    positional = [*arguments.posonlyargs, *arguments.args]
    for parameter in [*positional, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if parameter is not None:
            scope.parameters[parameter.arg] = parameter
    for parameter, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        scope.defaults[parameter.arg] = default
    for parameter, default_or_none in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default_or_none is not None:
            scope.defaults[parameter.arg] = default_or_none
    for name in scope.parameters:
        scope.bound[name] = [None]
    return scope


def _depends(test: ast.expr, context: Context) -> bool:
    """Whether a condition depends on an argument of the method, or asks whether a lock is held."""
    for node in ast.walk(test):
        if isinstance(node, ast.Name) and node.id in context.scope.parameters and node.id != context.receiver:
            return True
        if isinstance(node, ast.Attribute) and node.attr in _ASKS_LOCK:
            return True
    return False


def _caught(types: Sequence[ast.expr | None]) -> frozenset[str]:
    names = set[str]()
    for node in types:
        names.update(last_name(each) or "" for each in (node.elts if isinstance(node, ast.Tuple) else [node]))
    return frozenset(names)


def _acquired(statement: ast.stmt, context: Context) -> str | None:
    """The attribute whose ``acquire()`` the statement is."""
    if not isinstance(statement, ast.Expr):
        return None
    call = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "acquire":
        return None if call.args or call.keywords else self_attribute(call.func.value, context)
    return None


def _is_held_during(statement: ast.stmt, lock: str, context: Context) -> bool:
    """Whether this is ``try: ... finally: lock.release()``, and the lock is not let go of in between."""
    if not isinstance(statement, ast.Try) or not _releases(statement.finalbody, lock, context):
        return False
    return not _releases([*statement.body, *statement.orelse, *statement.handlers], lock, context)


def _releases(nodes: Sequence[ast.AST], lock: str, context: Context) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "release" and self_attribute(node.value, context) == lock
        for statement in nodes
        for node in ast.walk(statement)
    )
