"""Locks that are taken again by who holds them.

The methods of a class are followed as the class itself would find them, through its bases and overrides. Only what
runs there and then counts: a coroutine that is awaited, a generator that is iterated, a context manager that is
entered.
"""

from __future__ import annotations

import ast
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from purveyor.migrate.scan.faults.body import self_attribute
from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source.syntax import called_on_super, names_of_decorators

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
        for lock in graph.taken_again(step):
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

    def taken_again(self, step: _Step) -> list[str]:
        """The locks that are held where a step is taken, and that it takes, itself or through other methods."""
        return [lock for lock in sorted(self._held(step)) if step.lock == lock or self._leads_to(step, lock)]

    def way(self, node: _Node, lock: str) -> list[_Node]:
        """The methods on a shortest way from this one to one that takes the lock."""
        distances, found = self._distances[lock], [node]
        for distance in reversed(range(distances[id(node.function)])):
            found.append(
                next(
                    step.target
                    for step in self._steps[id(found[-1].function)]
                    if step.target is not None
                    and self._passes(step, lock)
                    and distances.get(id(step.target.function)) == distance
                )
            )
        return found

    def _held(self, step: _Step) -> set[str]:
        """The locks among what is held, with those that are held while a context manager of the class yields."""
        locks: set[str] = set()
        waiting, seen = list(step.context.held), set[str]()
        while waiting:
            name = waiting.pop()
            if name in self.locks:
                locks.add(name)
            elif name.endswith("()") and name not in seen:
                seen.add(name)
                for target in self.find(name.removesuffix("()")):
                    if _is_context_manager(target.function):
                        for method, at_yield in self.survey.body(target.owner).yields:
                            if method == target.function.name:
                                waiting.extend(at_yield)
        return locks

    def _leads_to(self, step: _Step, lock: str) -> bool:
        """Whether the method that a step runs takes the lock, whatever its arguments."""
        if step.target is None or (step.fresh and not self.locks[lock]):
            return False
        return id(step.target.function) in self._distances[lock]

    def _passes(self, step: _Step, lock: str) -> bool:
        """Whether a step is always taken, and on an instance that has this very lock."""
        return not step.context.conditional and (not step.fresh or self.locks[lock])

    @cached_property
    def _distances(self) -> dict[str, dict[int, int]]:
        """For each lock: the methods that take it, by the id of the function, and through how many others."""
        runners: dict[int, list[_Step]] = {}
        for steps in self._steps.values():
            for step in steps:
                if step.target is not None:
                    runners.setdefault(id(step.target.function), []).append(step)
        found: dict[str, dict[int, int]] = {}
        for lock in self.locks:
            distances = found[lock] = {
                key: 0
                for key, steps in self._steps.items()
                if any(step.lock == lock and self._passes(step, lock) for step in steps)
            }
            waiting = deque(distances)
            while waiting:
                key = waiting.popleft()
                for step in runners.get(key, ()):
                    source = id(step.source.function)
                    if source not in distances and self._passes(step, lock):
                        distances[source] = distances[key] + 1
                        waiting.append(source)
        return found

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
        elif (above := called_on_super(function)) is not None:
            targets = list(self.find(above, after=owner))
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
        for lock in graph.taken_again(step):
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


def _runs(function: Function, execution: Execution, body: Body) -> bool:
    """Whether a call of the function runs its body there and then."""
    if _is_context_manager(function):
        return execution == "with"
    if any(method == function.name for method, _ in body.yields):
        return execution == "iterate"
    if isinstance(function, ast.AsyncFunctionDef):
        return execution == "await"
    return True


def _is_property(function: Function) -> bool:
    return bool(names_of_decorators(function) & {"property", "cached_property"})


def _is_context_manager(function: Function) -> bool:
    return bool(names_of_decorators(function) & {"contextmanager", "asynccontextmanager"})
