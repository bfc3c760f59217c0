"""What a class gets hold of as it is opened, and lets go as it is closed: the mark of a resource.

`open` may also be what a door does, and `start` what a match does: they set a state. Who opens a connection keeps
in an attribute what a call gave, and gives it up at the end.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.scan.construction import words_of
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from purveyor.migrate.scan.lifecycle import Lifecycle, Members
    from purveyor.migrate.source.project import Method

__all__ = ["Acquisition", "acquisition"]

Acquisition: TypeAlias = Literal["released", "on demand", "kept"]

#: Words in the name of a call that ends what was got hold of.
_ENDS = frozenset(
    {
        "aclose", "cancel", "cleanup", "close", "deinit", "destroy", "disconnect", "dispose", "exit", "finalize",
        "free", "halt", "join", "kill", "logout", "quit", "release", "remove", "rmtree", "shutdown", "stop",
        "teardown", "terminate", "uninitialize", "unlink", "unload", "unlock", "unregister", "unsubscribe",
    }
)  # fmt: skip

#: The first word in the name of a call that opens what is there already.
_BEGINS = frozenset({"connect", "initialize", "login", "open", "start", "startup"})

#: What goes on by itself.
_GOES_ON = frozenset(
    {
        "Popen", "Process", "Thread", "create_subprocess_exec", "create_subprocess_shell", "create_task",
        "ensure_future", "serve_forever", "start_new_thread", "start_soon",
    }
)  # fmt: skip

#: What opens as it is told to.
_OPEN_AGAIN = frozenset({"__aenter__", "__enter__", "reconnect", "reload", "reopen", "reset", "restart"})

#: What gives a value and no resource: plain data, times, identifiers, what is only gone through.
_VALUES = frozenset(
    {
        "abs", "all_tasks", "any", "bool", "bytearray", "bytes", "copy", "count", "Counter", "current_task",
        "current_thread", "deepcopy", "defaultdict", "deque", "dict", "enumerate", "float", "format",
        "frozenset", "get", "getcwd", "getenv", "int", "items", "iter", "join", "keys", "len", "list", "loads",
        "lower", "max", "min", "monotonic", "namedtuple", "next", "now", "OrderedDict", "Path", "perf_counter",
        "pop", "process_time", "range", "replace", "repr", "reversed", "round", "set", "sorted", "split",
        "str", "strip", "sum", "time", "time_ns", "today", "token_hex", "tuple", "upper", "utcnow", "uuid1",
        "uuid4", "values", "zip"
    }
)  # fmt: skip


def acquisition(facts: ClassFacts, members: Members, lifecycle: Lifecycle) -> Acquisition | None:
    """What opening keeps in an attribute, and whether closing lets it go.

    Args:
        facts: The class. What its methods call on `self` is looked at as well, as this class has it.
        members: Its methods, from `members_of`.
        lifecycle: How it is opened and closed; a context manager counts where there are no methods for both.

    Returns:
        ``"released"`` if closing ends it; ``"on demand"`` if it does, and others than who starts it open it as
        well: the constructor, or the first operation; ``"kept"`` if it is only kept; None if there is nothing of
        the kind.
    """
    ends = _ends(members, lifecycle)
    if ends is None:
        return None
    opening, closing = ends
    opened = list(_reached(facts, members, opening))
    kept = {attribute for method in opened for attribute in _kept(method, _may_be_resource)}
    held = kept | {attribute for method in opened for attribute in (*_kept(method, _is_variable), *_begun(method))}
    operations = [name for name in members if name not in (*opening, *closing) and not name.startswith("_")]
    if not any(map(_sets_going, opened)):
        if lifecycle.opens is None and not _use(members, operations, held):
            return None
        if not operations:
            return "kept" if kept else None
    for method in _reached(facts, members, closing):
        if not held.isdisjoint(_ended(method)) or not kept.isdisjoint(_emptied(method)):
            return "on demand" if _opens_itself(facts, {*opening, *closing}, opening) else "released"
    return "kept" if kept else None


def _ends(members: Members, lifecycle: Lifecycle) -> tuple[list[str], list[str]] | None:
    if lifecycle.opens is not None and lifecycle.closes is not None:
        return [lifecycle.opens], [lifecycle.closes]
    if lifecycle.context is None:
        return None
    letter = "a" if lifecycle.context == "async" else ""
    opening = [name for name in (lifecycle.opens, f"__{letter}enter__") if name is not None]
    closing = [name for name in (lifecycle.closes, f"__{letter}exit__") if name is not None]
    return opening, closing


def _sets_going(method: Method) -> bool:
    """Whether it starts something that goes on beside its caller."""
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _GOES_ON:
                return True
            case _:
                pass
    return False


def _use(members: Members, operations: list[str], held: set[str]) -> bool:
    """Whether an operation works with what is held."""
    return any(
        isinstance(node, ast.Attribute) and not held.isdisjoint(_attributes(node, method))
        for _, method in map(members.__getitem__, operations)
        for node in ast.walk(method.node)
    )


def _opens_itself(facts: ClassFacts, ends: set[str], opening: list[str]) -> bool:
    """Whether another of its methods opens it, its constructor for one."""
    return any(
        called in opening
        for owner in facts.mro
        if isinstance(owner, ClassFacts)
        for name, method in owner.methods.items()
        if name not in ends and name not in _OPEN_AGAIN
        for called in _called_on_self(method)
    )


def _reached(facts: ClassFacts, members: Members, names: Iterable[str]) -> Iterator[Method]:
    """Some methods of a class, and those that they call on `self`, or further up."""
    rest = list(names)
    seen: set[str] = set()
    while rest:
        name = rest.pop()
        if name in seen or name not in members:
            continue
        seen.add(name)
        for owner in facts.mro:
            if isinstance(owner, ClassFacts) and name in owner.methods:
                method = owner.methods[name]
                yield method
                rest += _called_on_self(method)
                if not _calls_further_up(method):
                    break


def _called_on_self(method: Method) -> Iterator[str]:
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=receiver), attr=name)) if (
                receiver == method.receiver
            ):
                yield name
            case _:
                pass


def _calls_further_up(method: Method) -> bool:
    """Whether it calls what it replaces: ``super().open()``, ``Base.open(self)``."""
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name)):
                if name == method.name:
                    return True
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name), args=[ast.Name(id=given), *_]):
                if name == method.name and given == method.receiver:
                    return True
            case _:
                pass
    return False


def _kept(method: Method, counts: Callable[[ast.expr], bool]) -> Iterator[str]:
    """The attributes in which a method keeps values that count."""
    for node in ast.walk(method.node):
        match node:
            case ast.Assign(targets=targets, value=value) if counts(value):
                for target in targets:
                    yield from _attributes(target, method)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if counts(value):
                yield from _attributes(target, method)
            case _:
                pass


def _attributes(target: ast.expr, method: Method) -> Iterator[str]:
    match target:
        case ast.Attribute(value=ast.Name(id=receiver), attr=name) if receiver == method.receiver:
            yield name
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            for each in targets:
                yield from _attributes(each, method)
        case _:
            pass


def _may_be_resource(value: ast.expr) -> bool:
    match value:
        case ast.Await(value=awaited):
            return _may_be_resource(awaited)
        case ast.BoolOp(values=values):
            return any(map(_may_be_resource, values))
        case ast.IfExp(body=one, orelse=other):
            return _may_be_resource(one) or _may_be_resource(other)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name not in _VALUES
        case _:
            return False


def _is_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Name | ast.Attribute)


def _begun(method: Method) -> Iterator[str]:
    """The attributes whose values a method opens: ``self.client.connect()``."""
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute() as target, attr=name)):
                if words_of(name)[0] in _BEGINS:
                    yield from _attributes(target, method)
            case _:
                pass


def _ended(method: Method) -> Iterator[str]:
    """The attributes that a method ends, or hands to what ends them."""
    names = dict(_taken_out(method))
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name) as function, args=args):
                parts = [] if _ENDS.isdisjoint(words_of(name)) else [function, *args]
            case _:
                continue
        for inner in (inner for part in parts for inner in ast.walk(part)):
            if isinstance(inner, ast.Name) and inner.id in names:
                yield names[inner.id]
            elif isinstance(inner, ast.Attribute):
                yield from _attributes(inner, method)


def _taken_out(method: Method) -> Iterator[tuple[str, str]]:
    """The names that a method gives to attributes: ``session, self._session = self._session, None``."""
    for node in ast.walk(method.node):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = list(zip(targets, values))  # noqa: B905 - a starred target takes several
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
            case _:
                continue
        for target, value in pairs:
            if isinstance(target, ast.Name):
                yield from ((target.id, attribute) for attribute in _attributes(value, method))


def _emptied(method: Method) -> Iterator[str]:
    """The attributes that a method empties."""
    for node in ast.walk(method.node):
        match node:
            case ast.Assign(targets=targets, value=ast.Constant(value=None)) | ast.Delete(targets=targets):
                for target in targets:
                    yield from _attributes(target, method)
            case _:
                pass
