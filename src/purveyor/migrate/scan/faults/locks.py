"""Locks that are taken again by who holds them.

The methods of a class are followed as the class itself would find them, through its bases and overrides. Only what
runs there and then counts: a coroutine that is awaited, a generator that is iterated, a context manager that is
entered.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from purveyor.migrate.scan.faults.body import self_attribute
from purveyor.migrate.scan.faults.model import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.faults.body import Body, Call, Context, Execution, Function
    from purveyor.migrate.scan.faults.survey import Survey
    from purveyor.migrate.source import ClassFacts

__all__ = ["lock_faults"]

#: Locks that their holder cannot take again. (`threading.Condition` has a reentrant one by default.)
_NON_REENTRANT = frozenset(
    {
        "threading.Lock",
        "_thread.allocate_lock",
        "multiprocessing.Lock",
        "asyncio.Lock",
        "asyncio.Condition",
        "asyncio.locks.Lock",
        "anyio.Lock",
        "trio.Lock",
    }
)


def lock_faults(survey: Survey, facts: ClassFacts) -> Iterator[Fault]:
    """Find where methods of the class take a lock that they hold.

    Args:
        survey: What is known of the project.
        facts: The class.
    """
    locks = _locks(survey, facts)
    if not locks:
        return
    graph = _Graph(survey, facts, locks)
    for step in graph.steps_of(facts):
        again = sorted(graph.held(step) & graph.takes_by(step))
        for lock in again:
            yield Fault(step.line, "lock-reentry", _message(graph, step, lock))
    for base in survey.classes(facts)[1:]:
        yield from _through_overrides(graph, base)


class _Node(NamedTuple):
    """A method, and the class whose body it stands in."""

    owner: ClassFacts
    function: Function


class _Step(NamedTuple):
    """Where a method takes a lock, or runs another method."""

    line: int
    source: _Node
    context: Context
    lock: str | None
    target: _Node | None
    fresh: bool = False  # the target runs on a new instance, which has locks of its own


class _Graph:
    """Which method runs which, as seen from one class."""

    def __init__(self, survey: Survey, facts: ClassFacts, locks: dict[str, bool]) -> None:
        self.survey = survey
        self.facts = facts
        self.locks = locks
        self.order = survey.classes(facts)
        self._steps: dict[int, list[_Step]] = {}
        for owner in self.order:
            self._gather(owner, survey.body(owner))

    def steps_of(self, owner: ClassFacts) -> Iterator[_Step]:
        for steps in self._steps.values():
            for step in steps:
                if step.source.owner is owner:
                    yield step

    def held(self, step: _Step) -> set[str]:
        return self._expand(step.context.held, step.source, frozenset())

    def takes_by(self, step: _Step) -> set[str]:
        """The locks that are taken by what the step does, itself or through other methods."""
        if step.lock is not None:
            return {step.lock}
        assert step.target is not None
        taken = self.takes(step.target, frozenset())
        return {lock for lock in taken if self.locks[lock]} if step.fresh else taken

    def takes(self, node: _Node, seen: frozenset[int]) -> set[str]:
        """The locks that a method takes, whatever its arguments."""
        key = id(node.function)
        taken: set[str] = set()
        if key in seen:
            return taken
        for step in self._steps.get(key, ()):
            if step.context.conditional:
                continue
            if step.lock is not None:
                taken.add(step.lock)
            else:
                assert step.target is not None
                below = self.takes(step.target, seen | {key})
                taken |= {lock for lock in below if self.locks[lock]} if step.fresh else below
        return taken

    def way(self, node: _Node, lock: str, seen: frozenset[int] = frozenset()) -> list[_Node]:
        """The methods from this one to the one that takes the lock."""
        key = id(node.function)
        steps = [step for step in self._steps.get(key, ()) if not step.context.conditional]
        if any(step.lock == lock for step in steps):
            return [node]
        targets = (step.target for step in steps if step.target is not None)
        following = next(target for target in targets if lock in self.takes(target, seen | {key}))
        return [node, *self.way(following, lock, seen | {key})]

    def find(self, name: str, after: ClassFacts | None = None) -> Iterator[_Node]:
        """The definitions of a method in the first class that has it."""
        order = self.order if after is None else self.order[self.order.index(after) + 1 :]
        for owner in order:
            bindings = self.survey.body(owner).bindings.get(name, [])
            for _, value in bindings:
                if isinstance(value, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield _Node(owner, value)
            if bindings:
                return

    def _gather(self, owner: ClassFacts, body: Body) -> None:
        for acquire in body.acquires:
            if acquire.name in self.locks:
                self._add(
                    _Step(acquire.line, _source(owner, acquire.context), acquire.context, acquire.name, None)
                )
        released = {
            (id(call.context.method), lock): call.node.lineno
            for call in reversed(body.calls)
            if (lock := _on_lock(call, "release")) is not None
        }
        for call in body.calls:
            lock = _on_lock(call, "acquire")
            if lock in self.locks and not call.node.args and not call.node.keywords:
                first_release = released.get((id(call.context.method), lock), call.node.lineno)
                if first_release >= call.node.lineno:  # else it was held before, and is only taken back
                    self._add(_Step(call.node.lineno, _source(owner, call.context), call.context, lock, None))
            self._gather_call(owner, call)
        for read in body.reads:
            if not read.called:
                for target in self.find(read.name):
                    if _is_property(target.function):
                        source = _source(owner, read.context)
                        self._add(_Step(read.line, source, read.context, None, target))

    def _gather_call(self, owner: ClassFacts, call: Call) -> None:
        function, context = call.node.func, call.context
        fresh = False
        name = self_attribute(function, context)
        if name is not None:
            targets = list(self.find(name))
        elif isinstance(function, ast.Attribute) and _is_super(function.value):
            targets = list(self.find(function.attr, after=owner))
        elif isinstance(function, ast.Name) and function.id == context.receiver == "cls":
            targets = [*self.find("__new__"), *self.find("__init__")]
            fresh = True
        else:
            return
        for target in targets:
            if _runs(target.function, call.execution, self.survey.body(target.owner)):
                source = _source(owner, context)
                self._add(_Step(call.node.lineno, source, context, None, target, fresh))

    def _add(self, step: _Step) -> None:
        if step.context.method is not None and not step.context.deferred:
            self._steps.setdefault(id(step.context.method), []).append(step)

    def _expand(self, held: tuple[str, ...], source: _Node, seen: frozenset[str]) -> set[str]:
        """The locks among what is held, with those that are held while a context manager of the class yields."""
        locks: set[str] = set()
        for name in held:
            if name in self.locks:
                locks.add(name)
            elif name.endswith("()") and name not in seen:
                for target in self.find(name.removesuffix("()")):
                    if _is_context_manager(target.function):
                        for method, at_yield in self.survey.body(target.owner).yields:
                            if method == target.function.name:
                                locks |= self._expand(at_yield, target, seen | {name})
        return locks


def _locks(survey: Survey, facts: ClassFacts) -> dict[str, bool]:
    """The attributes that hold a lock which is not reentrant, and whether all instances share it."""
    kinds: dict[str, list[tuple[bool, bool]]] = {}
    for owner in survey.classes(facts):
        body = survey.body(owner)
        for name, value in ((name, value) for name, found in body.bindings.items() for _, value in found):
            if isinstance(value, ast.Call):
                made = survey.qualified(owner, value.func) in _NON_REENTRANT
                by_field = any(
                    keyword.arg == "default_factory" and survey.qualified(owner, keyword.value) in _NON_REENTRANT
                    for keyword in value.keywords
                )
                kinds.setdefault(name, []).append((made or by_field, made))
        for store in body.stores:
            if isinstance(store.value, ast.Constant) and store.value.value is None:
                continue
            made = (
                isinstance(store.value, ast.Call)
                and survey.qualified(owner, store.value.func, store.context) in _NON_REENTRANT
            )
            kinds.setdefault(store.name, []).append((made, store.context.receiver == "cls"))
    return {
        name: any(shared for _, shared in found)
        for name, found in kinds.items()
        if all(reentrant_not for reentrant_not, _ in found)
    }


def _through_overrides(graph: _Graph, base: ClassFacts) -> Iterator[Fault]:
    """What a base does under its lock becomes wrong by what this class's override does."""
    for step in graph.steps_of(base):
        target = step.target
        if target is None or target.owner is not graph.facts:
            continue
        for lock in sorted(graph.held(step) & graph.takes_by(step)):
            holder = f"{base.name}.{step.source.function.name}"
            yield Fault(
                target.function.lineno,
                "lock-reentry",
                f"`{holder}` ({base.file.path}:{step.line}) holds `self.{lock}` and calls this method, which "
                f"takes it again: it waits for itself for ever. Do the work here without taking the lock.",
            )


def _message(graph: _Graph, step: _Step, lock: str) -> str:
    holder = step.source.function.name
    if step.target is None:
        return (
            f"`{holder}` takes `self.{lock}`, which it holds already: it waits for itself for ever. "
            f"Take the lock once."
        )
    way = graph.way(step.target, lock)
    name = way[0].function.name
    through = "".join(f", through `{node.function.name}`" for node in way[1:])
    return (
        f"`{holder}` holds `self.{lock}` and runs `{name}`, which takes it again{through}: it waits for itself "
        f"for ever. Move the work into a helper that expects the lock to be held."
    )


def _source(owner: ClassFacts, context: Context) -> _Node:
    assert context.method is not None
    return _Node(owner, context.method)


def _on_lock(call: Call, verb: str) -> str | None:
    function = call.node.func
    if isinstance(function, ast.Attribute) and function.attr == verb:
        return self_attribute(function.value, call.context)
    return None


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _runs(function: Function, execution: Execution, body: Body) -> bool:
    """Whether a call of the function runs its body there and then."""
    if _is_context_manager(function):
        return execution == "with"
    if any(method == function.name for method, _ in body.yields):
        return execution == "iterate"
    if isinstance(function, ast.AsyncFunctionDef):
        return execution == "await"
    return True


def _decorators(function: Function) -> set[str]:
    names = set[str]()
    for decorator in function.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", ""))
    return names


def _is_property(function: Function) -> bool:
    return bool(_decorators(function) & {"property", "cached_property"})


def _is_context_manager(function: Function) -> bool:
    return bool(_decorators(function) & {"contextmanager", "asynccontextmanager"})
