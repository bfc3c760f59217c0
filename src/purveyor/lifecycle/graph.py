"""The graph of what providers need of each other: resolved and checked before anything starts.

Nothing here recurses, and all of it is linear in providers and needs.
"""

from __future__ import annotations

from collections import ChainMap
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from purveyor.errors import (
    InvalidNeedError,
    NeedProblem,
    NeedsError,
    ProviderExistsError,
    ProviderNotFoundError,
    near_misses,
)
from purveyor.needs import needs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from purveyor.metadata import ProviderStatus, ProviderType
    from purveyor.needs import Need
    from purveyor.provider import Provider

__all__ = ["Edge", "Graph", "Node", "resolve"]

_NOTHING: Mapping[str, str] = MappingProxyType({})

#: How many providers of the way round a cycle are named in a text.
_SHOWN = 12

#: How many providers are offered for a need.
_OFFERED = 3

#: After how many problems no more near misses are looked for.
_SUGGESTED = 50


class Node(NamedTuple):
    """One provider, as far as others are concerned.

    Args:
        name: Its name.
        cls: Its class; None where it cannot be imported here, so that nothing is known of its needs.
        type: Its family.
        capabilities: The words it answers for.
        needs: What its needs are wired to: names of providers by role.
        required: Whether its failure stops the start of all.
        status: Where it stands, for drawings.
    """

    name: str
    cls: type[Provider[Any]] | None
    type: ProviderType
    capabilities: tuple[str, ...] = ()
    needs: Mapping[str, str] = _NOTHING
    required: bool = True
    status: ProviderStatus | None = None


class Edge(NamedTuple):
    """One need, satisfied.

    Args:
        source: Who needs it.
        role: What it calls the need.
        attribute: The attribute that is set to the other provider.
        target: Who is needed.
        optional: Whether `source` does without.
    """

    source: str
    role: str
    attribute: str
    target: str
    optional: bool = False


def resolve(nodes: Iterable[Node]) -> Graph:
    """Find for each need the provider that satisfies it.

    Raises:
        NeedsError: Needs cannot be satisfied, or go round in a cycle; it names all that is wrong.
        ProviderExistsError: Two nodes have one name.
        InvalidNeedError: A class declares a need that cannot be read.
    """
    graph = Graph()
    graph.add(nodes)
    return graph


class Graph:
    """Providers and what they need of each other; never with a cycle in it."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._needs: dict[str, tuple[Edge, ...]] = {}  # of those only that have some
        self._dependants: dict[str, dict[str, None]] = {}  # likewise
        self._held: dict[str, tuple[str, ...]] = {}  # what a provider uses besides, by its name

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The providers by name, in the order in which they were added."""
        return MappingProxyType(self._nodes)

    @property
    def has_needs(self) -> bool:
        """Whether anybody needs anybody."""
        return bool(self._needs or self._held)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All needs, in the order of the providers that have them."""
        return tuple(edge for name in self._nodes for edge in self._needs.get(name, ()))

    def needs(self, name: str) -> tuple[Edge, ...]:
        """What a provider needs; an optional need that nothing is wired to is not among it."""
        self._check(name)
        return self._needs.get(name, ())

    def uses(self, name: str) -> tuple[str, ...]:
        """Whom a provider needs, and whom it holds besides."""
        targets = [edge.target for edge in self.needs(name)]
        return tuple(dict.fromkeys([*targets, *self._held.get(name, ())]))

    def dependants(self, name: str) -> tuple[str, ...]:
        """Who needs a provider, directly."""
        self._check(name)
        return tuple(self._dependants.get(name, ()))

    def closure(self, name: str) -> tuple[str, ...]:
        """Who needs a provider, directly or through others, the nearest first."""
        self._check(name)
        found = dict(self._dependants.get(name, {}))
        todo = list(found)
        for each in todo:  # which grows
            for dependant in self._dependants.get(each, ()):
                if dependant not in found:
                    found[dependant] = None
                    todo.append(dependant)
        return tuple(found)

    def order(self) -> tuple[str, ...]:
        """All providers, each after what it needs, and otherwise in the order in which they were added."""
        order, _ = _walk(self._nodes, self._needs)
        return tuple(order)

    def add(self, nodes: Iterable[Node]) -> None:
        """Add providers, or put them in the place of those that have their names; all of them, or none.

        The cost is that of the new ones and their needs, however many are there already; only a capability that
        is asked for and not wired is looked for among all. One that is there keeps what it is wired to; if that
        is replaced, its needs are checked again.

        Raises:
            NeedsError: Needs cannot be satisfied, or go round in a cycle; it names all that is wrong.
            ProviderExistsError: Two of the new nodes have one name.
        """
        added: dict[str, Node] = {}
        wanting: dict[str, Node] = {}
        resolution = _Resolution(self._nodes, added)
        for node in nodes:
            name = node.name
            if name in added:
                raise ProviderExistsError(name)
            added[name] = node
            if node.needs or resolution.declared(node):
                wanting[name] = node
        replaced = [name for name in added if name in self._nodes]
        for name in replaced:
            wanting[name] = added[name]
            for dependant in self._dependants.get(name, ()):
                wanting[dependant] = added.get(dependant, self._nodes[dependant])
        edges = {name: resolution.satisfy(node) for name, node in wanting.items()}
        # Nothing that was there needs what is new, unless it was there before under the same name.
        resolution.refuse_cycles(edges, ChainMap(edges, self._needs) if replaced else edges)
        if resolution.problems:
            raise NeedsError(resolution.problems)
        self._nodes.update(added)
        for name, satisfied in edges.items():
            self._disconnect(name)
            if satisfied:
                self._needs[name] = satisfied
            for edge in satisfied:
                self._dependants.setdefault(edge.target, {})[name] = None

    def remove(self, name: str) -> None:
        """Take a provider out, and with it the needs of others that it satisfies.

        Raises:
            ProviderNotFoundError: There is none of this name.
        """
        self._check(name)
        del self._nodes[name]
        self.release(name)
        self._disconnect(name)
        for dependant in self._dependants.pop(name, ()):
            kept = tuple(edge for edge in self._needs.pop(dependant, ()) if edge.target != name)
            if kept:
                self._needs[dependant] = kept

    def hold(self, name: str, targets: Iterable[str]) -> None:
        """Have a provider count as a dependant of others, too: it was wired anew, but still uses them.

        Args:
            name: The provider.
            targets: The others; they are held until `release`.
        """
        self._held[name] = tuple(targets)
        for target in self._held[name]:
            self._dependants.setdefault(target, {})[name] = None

    def release(self, name: str) -> None:
        """What a provider needs is all that it uses from now on."""
        held = self._held.pop(name, ())
        for target in set(held).difference(edge.target for edge in self._needs.get(name, ())):
            self._drop(target, name)

    def snapshot(self, statuses: Mapping[str, ProviderStatus] | None = None) -> Graph:
        """A graph of its own, which does not change when this one does.

        Args:
            statuses: Where providers stand, by name.
        """
        copy = Graph()
        copy._nodes |= self._nodes
        for name, status in (statuses or {}).items():
            copy._nodes[name] = copy._nodes[name]._replace(status=status)
        copy._needs |= self._needs
        copy._dependants |= {name: dict(dependants) for name, dependants in self._dependants.items()}
        copy._held |= self._held
        for name in self._held:  # its edges are what it is wired to
            copy.release(name)
        return copy

    def _check(self, name: str) -> None:
        if name not in self._nodes:
            raise ProviderNotFoundError(name, self._nodes)

    def _disconnect(self, name: str) -> None:
        for edge in self._needs.pop(name, ()):
            if edge.target not in self._held.get(name, ()):
                self._drop(edge.target, name)

    def _drop(self, target: str, dependant: str) -> None:
        dependants = self._dependants.get(target)
        if dependants is not None:  # else another role had the same target
            dependants.pop(dependant, None)
            if not dependants:
                del self._dependants[target]


class _Resolution:
    """Finds what satisfies the needs of new nodes, and notes what is wrong with them."""

    def __init__(self, there: Mapping[str, Node], added: Mapping[str, Node]) -> None:
        self.problems: list[NeedProblem] = []
        self._there = there
        self._added = added
        self._declared: dict[type | None, tuple[Need, ...] | None] = {None: None}
        self._answering: dict[str, list[Node]] | None = None
        self._fitting: dict[tuple[type | None, str | None], list[str]] = {}

    def declared(self, node: Node) -> tuple[Need, ...] | None:
        """What the class of a node needs; None if that is not known."""
        try:
            return self._declared[node.cls]
        except KeyError:
            pass
        try:
            needs = None if node.cls is None else needs_of(node.cls)
        except InvalidNeedError as error:
            needs = None
            self.problems.append(NeedProblem(node.name, "", f"{error.where} {error.what}", error.hint))
        self._declared[node.cls] = needs
        return needs

    def satisfy(self, node: Node) -> tuple[Edge, ...]:
        """The edges from a node; what cannot be satisfied becomes a problem."""
        edges: list[Edge] = []
        declared = self.declared(node)
        needs = {need.role: need for need in declared or ()}
        for role, name in node.needs.items():
            if role in needs:
                continue
            if declared is not None:
                known = f"its needs are {', '.join(map(repr, needs))}" if needs else "its class has no needs"
                self._problem(node, role, f"there is no need {role!r}", _did_you_mean(role, needs) or known)
            elif self._find(name) is None:
                self._unknown(node, role, name)
            else:
                edges.append(Edge(node.name, role, "", name))
        for need in needs.values():
            target = self._wired(node, need) if need.role in node.needs else self._unwired(node, need)
            if target is not None:
                edges.append(Edge(node.name, need.role, need.attribute, target, need.optional))
        return tuple(edges)

    def refuse_cycles(self, edges: Mapping[str, tuple[Edge, ...]], needs: Mapping[str, tuple[Edge, ...]]) -> None:
        """Note a problem for each way round that starts at one of `edges`."""
        _, cycles = _walk(edges, needs)
        places = {name: place for place, name in enumerate({**self._there, **self._added})} if cycles else {}
        for cycle in cycles:
            first = min(range(len(cycle)), key=lambda index: places[cycle[index]])
            path = (*cycle[first:], *cycle[: first + 1])
            role = next(edge.role for edge in needs[path[0]] if edge.target == path[1])
            way = path if len(path) <= _SHOWN else (*path[: _SHOWN - 2], "...", path[-2], path[-1])
            problem = "it needs itself" if len(cycle) == 1 else f"the needs go round: {' -> '.join(way)}"
            advice = "have one of them do without, or look the other up when it is used"
            self.problems.append(NeedProblem(path[0], role, problem, advice, path))

    def _wired(self, node: Node, need: Need) -> str | None:
        name = node.needs[need.role]
        target = self._find(name)
        if target is None:
            self._unknown(node, need.role, name, self._offer(node, need))
        elif target.cls is None:  # then nothing more can be said
            return name
        elif need.cls is not None and not _fits(target.cls, need.cls):
            problem = f"{name!r} is of class {target.cls.__qualname__}, not {need.cls.__qualname__}"
            self._problem(node, need.role, problem, self._offer(node, need))
        elif need.capability is not None and need.capability not in target.capabilities:
            problem = f"{name!r} does not answer for {need.capability!r}"
            self._problem(node, need.role, problem, self._offer(node, need))
        else:
            return name
        return None

    def _unwired(self, node: Node, need: Need) -> str | None:
        candidates = self._candidates(node, need) if need.capability else []
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            several = ", ".join(map(repr, candidates))
            self._problem(
                node,
                need.role,
                f"the need {need.role!r} takes what answers for {need.capability!r}, and several do: {several}",
                self._offer(node, need),
            )
        elif not need.optional:
            which = f" of class {need.cls.__qualname__}" if need.cls is not None else ""
            which += f" that answers for {need.capability!r}" if need.capability else ""
            problem = f"the need {need.role!r} is not satisfied: it takes a provider{which}"
            self._problem(node, need.role, problem, self._offer(node, need))
        return None

    def _find(self, name: object) -> Node | None:
        return (self._added.get(name) or self._there.get(name)) if isinstance(name, str) else None

    def _candidates(self, node: Node, need: Need) -> list[str]:
        """The first few providers that would satisfy a need."""
        key = need.cls, need.capability
        if key not in self._fitting:
            pool = self._answering_for(need.capability) if need.capability else self._all()
            found = (each.name for each in pool if each.cls and (need.cls is None or _fits(each.cls, need.cls)))
            self._fitting[key] = list(islice(found, _OFFERED + 1))  # one more: itself may be among them
        return [name for name in self._fitting[key] if name != node.name][:_OFFERED]

    def _answering_for(self, capability: str) -> Sequence[Node]:
        if self._answering is None:
            self._answering = {}
            for node in self._all():
                for word in node.capabilities:
                    self._answering.setdefault(word, []).append(node)
        return self._answering.get(capability, ())

    def _all(self) -> Iterator[Node]:
        yield from (node for name, node in self._there.items() if name not in self._added)
        yield from self._added.values()

    def _offer(self, node: Node, need: Need) -> str:
        candidates = self._candidates(node, need)
        if not candidates:
            return "declare such a provider, and wire it" if need.capability is None else "declare such a provider"
        return " or ".join(f'needs = {{ {need.role} = "{name}" }}' for name in candidates)

    def _unknown(self, node: Node, role: str, name: object, offer: str | None = None) -> None:
        # To look for near misses among thousands takes a while, thousands of times too long.
        close = (
            _did_you_mean(str(name), {**self._there, **self._added}) if len(self.problems) < _SUGGESTED else None
        )
        self._problem(node, role, f"there is no provider {name!r}", close or offer)

    def _problem(self, node: Node, role: str, problem: str, advice: str | None) -> None:
        self.problems.append(NeedProblem(node.name, role, problem, advice))


def _walk(names: Iterable[str], needs: Mapping[str, tuple[Edge, ...]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Everything that can be reached from `names`, each after what it needs, and the ways round on the way.

    A way round that shares a provider with one that is there already may be left out: their number could be
    exponential, and each knot has at least one.
    """
    order: list[str] = []
    cycles: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in names:
        if start in done:
            continue
        path = [start]
        places = {start: 0}
        ahead = [iter(needs.get(start, ()))]
        reported = [-1]  # for each place on the path, the last one up to it that is part of a cycle found
        while path:
            for edge in ahead[-1]:
                target = edge.target
                if target in places:
                    place = places[target]
                    if reported[-1] < place:
                        cycles.append(tuple(path[place:]))
                        reported[place:] = range(place, len(path))
                elif target not in done:
                    places[target] = len(path)
                    path.append(target)
                    ahead.append(iter(needs.get(target, ())))
                    reported.append(reported[-1])
                    break
            else:
                name = path.pop()
                ahead.pop()
                reported.pop()
                del places[name]
                done.add(name)
                order.append(name)
    return order, cycles


def _fits(cls: type, wanted: type) -> bool:
    try:
        return issubclass(cls, wanted)
    except TypeError:  # a protocol that only a type checker can check
        return True


def _did_you_mean(word: str, known: Iterable[str]) -> str | None:
    close = near_misses(word, known)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else None
