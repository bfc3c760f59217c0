"""The graph: what is resolved, what is refused, and in what order things stand in it."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Protocol, runtime_checkable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.errors import NeedProblem, NeedsError, ProviderExistsError, ProviderNotFoundError
from purveyor.lifecycle.graph import Edge, Graph, Node, resolve
from purveyor.metadata import ProviderStatus, ProviderType
from purveyor.needs import Needs
from purveyor.provider import Provider


class Plain(Provider[Any]):
    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...


class Memory(Plain):
    pass


class Storage(Plain):
    pass


class Loud(Plain):
    def speak(self) -> str:
        return "!"


@runtime_checkable
class Speaks(Protocol):
    def speak(self) -> str: ...


class Unchecked(Protocol):
    volume: int


class Wants(Plain):
    a: Annotated[Plain | None, Needs()]
    b: Annotated[Plain | None, Needs()]
    c: Annotated[Plain | None, Needs()]


class Two(Plain):
    a: Annotated[Plain, Needs()]
    b: Annotated[Memory, Needs()]


class Reader(Plain):
    memory: Annotated[Memory, Needs()]


class Maybe(Plain):
    memory: Annotated[Memory | None, Needs()]


class Embedding(Plain):
    embedder: Annotated[Plain, Needs(capability="embed")]


class MaybeEmbedding(Plain):
    embedder: Annotated[Plain | None, Needs(capability="embed")]


class MemoryEmbedding(Plain):
    embedder: Annotated[Memory, Needs("e", capability="embed")]


class Keeping(Plain):
    keeper: Annotated[Memory, Needs(capability="store")]


class Talking(Plain):
    talker: Annotated[Speaks, Needs()]
    other: Annotated[Unchecked | None, Needs()]


class Twice(Plain):
    a: Annotated[Memory, Needs("m")]
    b: Annotated[Memory, Needs("m")]


def node(name: str, cls: type[Provider[Any]] | None = Plain, *capabilities: str, **needs: Any) -> Node:
    return Node(name, cls, ProviderType.CUSTOM, capabilities, needs)


def problems(*nodes: Node) -> list[str]:
    with pytest.raises(NeedsError) as caught:
        resolve(nodes)
    return [str(problem) for problem in caught.value.problems]


class TestWiring:
    def test_a_role_is_satisfied_by_what_is_wired_to_it(self) -> None:
        graph = resolve([node("r", Reader, memory="m"), node("m", Memory)])
        assert graph.edges == graph.needs("r") == (Edge("r", "memory", "memory", "m"),)
        assert graph.needs("m") == ()
        assert graph.dependants("m") == ("r",)
        assert list(graph.nodes) == ["r", "m"]
        assert graph.order() == ("m", "r")

    def test_an_optional_need_may_be_left_open(self) -> None:
        assert resolve([node("a", Maybe), node("m", Memory)]).edges == ()
        graph = resolve([node("a", Maybe, memory="m"), node("m", Memory)])
        assert graph.edges == (Edge("a", "memory", "memory", "m", optional=True),)

    def test_a_need_that_is_not_wired(self) -> None:
        assert problems(node("r", Reader), node("m", Memory), node("n", Memory)) == [
            (
                "r.needs.memory: the need 'memory' is not satisfied: it takes a provider of class Memory; "
                'needs = { memory = "m" } or needs = { memory = "n" }'
            )
        ]
        assert problems(node("r", Reader), node("s", Storage)) == [
            (
                "r.needs.memory: the need 'memory' is not satisfied: it takes a provider of class Memory; "
                "declare such a provider, and wire it"
            )
        ]

    def test_a_provider_that_is_not_there(self) -> None:
        assert problems(node("r", Reader, memory="nots"), node("notes", Memory)) == [
            "r.needs.memory: there is no provider 'nots'; did you mean 'notes'?"
        ]
        assert problems(node("r", Reader, memory="zzz"), node("notes", Memory)) == [
            "r.needs.memory: there is no provider 'zzz'; needs = { memory = \"notes\" }"
        ]

    def test_thousands_of_wrong_names_are_told_in_time(self) -> None:
        count = 10_000
        found = problems(*(node(f"provider-{i}", Wants, a=f"provide-{i}") for i in range(count)))
        assert len(found) == count
        assert "did you mean" in found[0]
        assert "did you mean" not in found[-1]

    @pytest.mark.parametrize("wrong", [3, ["m"], None, Memory])
    def test_a_name_that_is_no_string(self, wrong: Any) -> None:
        (problem,) = problems(node("r", Reader, memory=wrong), node("m", Memory))
        assert problem.startswith(f"r.needs.memory: there is no provider {wrong!r}; ")

    def test_a_provider_of_another_class(self) -> None:
        assert problems(node("r", Reader, memory="s"), node("s", Storage), node("m", Memory)) == [
            "r.needs.memory: 's' is of class Storage, not Memory; needs = { memory = \"m\" }"
        ]

    def test_a_role_that_the_class_does_not_have(self) -> None:
        assert problems(node("r", Reader, memory="m", memry="m"), node("m", Memory, x="m")) == [
            "r.needs.memry: there is no need 'memry'; did you mean 'memory'?",
            "m.needs.x: there is no need 'x'; its class has no needs",
        ]
        assert problems(node("w", Wants, zzz="w")) == [
            "w.needs.zzz: there is no need 'zzz'; its needs are 'a', 'b', 'c'"
        ]

    def test_two_roles_may_have_one_target(self) -> None:
        graph = resolve([node("w", Wants, a="m", b="m"), node("m")])
        assert [edge.role for edge in graph.edges] == ["a", "b"]
        assert graph.dependants("m") == ("w",)

    def test_protocols(self) -> None:
        assert resolve([node("t", Talking, talker="l", other="l"), node("l", Loud)]).dependants("l") == ("t",)
        assert problems(node("t", Talking, talker="m"), node("m", Memory)) == [
            "t.needs.talker: 'm' is of class Memory, not Speaks; declare such a provider, and wire it"
        ]

    def test_a_class_whose_needs_cannot_be_read(self) -> None:
        assert problems(node("t", Twice, m="m"), node("u", Twice, x="y"), node("m", Memory)) == [
            f"t: {__name__}.Twice.b has the role 'm', as a has; give it one of its own: Needs(\"b\")",
            "u.needs.x: there is no provider 'y'",
        ]

    def test_of_a_class_that_is_not_known_only_names_are_checked(self) -> None:
        graph = resolve([node("x", None, any="r"), node("r", Reader, memory="y"), node("y", None)])
        assert graph.edges == (Edge("x", "any", "", "r"), Edge("r", "memory", "memory", "y"))
        assert resolve([node("e", Embedding, embedder="y"), node("y", None)]).dependants("y") == ("e",)
        assert problems(node("x", None, any="z"), node("zz")) == [
            "x.needs.any: there is no provider 'z'; did you mean 'zz'?"
        ]


class TestCapabilities:
    def test_the_only_one_that_answers_is_taken(self) -> None:
        graph = resolve([node("e", Embedding), node("m", Memory, "store", "embed"), node("s")])
        assert graph.edges == (Edge("e", "embedder", "embedder", "m"),)

    def test_several_must_be_chosen_from(self) -> None:
        nodes = [node("e", Embedding), *(node(f"m{i}", Memory, "embed") for i in range(9))]
        offer = " or ".join(f'needs = {{ embedder = "m{i}" }}' for i in range(3))
        assert problems(*nodes) == [
            (
                "e.needs.embedder: the need 'embedder' takes what answers for 'embed', and several do: "
                f"'m0', 'm1', 'm2'; {offer}"
            )
        ]
        assert resolve([node("e", Embedding, embedder="m7"), *nodes[1:]]).dependants("m7") == ("e",)
        assert problems(node("e", MaybeEmbedding), *nodes[1:3]) != []

    def test_only_those_of_the_class_count(self) -> None:
        nodes = [node("s", Storage, "embed"), node("m", Memory, "embed", "store")]
        assert resolve([node("e", MemoryEmbedding), *nodes]).edges == (Edge("e", "e", "embedder", "m"),)
        graph = resolve([node("e", MemoryEmbedding), node("k", Keeping), nodes[1]])
        assert [edge.target for edge in graph.edges] == ["m", "m"]
        assert problems(node("e", MemoryEmbedding), nodes[0]) == [
            (
                "e.needs.e: the need 'e' is not satisfied: it takes a provider of class Memory that answers for 'embed'; "
                "declare such a provider"
            )
        ]

    def test_nobody_satisfies_a_need_of_its_own(self) -> None:
        assert problems(node("e", Embedding, "embed")) == [
            (
                "e.needs.embedder: the need 'embedder' is not satisfied: it takes a provider of class Plain that answers for 'embed'; "
                "declare such a provider"
            )
        ]
        graph = resolve([node("e", Embedding, "embed"), node("f", Plain, "embed")])
        assert graph.edges == (Edge("e", "embedder", "embedder", "f"),)
        assert resolve([node("e", MaybeEmbedding, "embed")]).edges == ()

    def test_what_is_wired_must_answer(self) -> None:
        assert problems(
            node("e", Embedding, embedder="m"), node("m", Memory, "store"), node("n", Plain, "embed")
        ) == ["e.needs.embedder: 'm' does not answer for 'embed'; needs = { embedder = \"n\" }"]

    def test_a_class_that_is_not_known_is_not_taken_unasked(self) -> None:
        assert len(problems(node("e", Embedding), node("x", None, "embed"))) == 1


class TestCycles:
    def test_all_are_told_together_with_the_rest(self) -> None:
        with pytest.raises(NeedsError) as caught:
            resolve(
                [
                    node("z", Wants, a="y"),
                    node("y", Two, a="x", b="other"),
                    node("x", Wants, a="m", b="z"),
                    node("m", Memory),
                    node("self", Wants, c="self"),
                    node("r", Reader),
                ]
            )
        advice = "have one of them do without, or look the other up when it is used"
        assert caught.value.problems == (
            NeedProblem("y", "b", "there is no provider 'other'", 'needs = { b = "m" }'),
            NeedProblem(
                "r",
                "memory",
                "the need 'memory' is not satisfied: it takes a provider of class Memory",
                'needs = { memory = "m" }',
            ),
            NeedProblem("z", "a", "the needs go round: z -> y -> x -> z", advice, ("z", "y", "x", "z")),
            NeedProblem("self", "c", "it needs itself", advice, ("self", "self")),
        )
        assert caught.value.name == "y, r, z, self"

    def test_a_long_one_is_shortened_in_the_text_alone(self) -> None:
        with pytest.raises(NeedsError) as caught:
            resolve(node(f"p{i}", Wants, a=f"p{(i + 1) % 5_000}") for i in range(5_000))
        (problem,) = caught.value.problems
        assert problem.problem == (
            "the needs go round: p0 -> p1 -> p2 -> p3 -> p4 -> p5 -> p6 -> p7 -> p8 -> p9 -> ... -> p4999 -> p0"
        )
        assert len(problem.path) == 5_001

    def test_one_is_told_for_each_knot_however_many_there_are(self) -> None:
        class All(Plain):
            __annotations__ = {f"n{i}": Annotated[Any, Needs()] for i in range(30)}

        knots = [
            node(f"{knot}{i}", All, **{f"n{j}": f"{knot}{j}" for j in range(30)})
            for knot in "ab"
            for i in range(30)
        ]
        with pytest.raises(NeedsError) as caught:
            resolve(knots)
        assert {path[0][0] for *_, path in map(_fields, caught.value.problems)} == {"a", "b"}
        assert len(caught.value.problems) <= 60


def _fields(problem: NeedProblem) -> tuple[Any, ...]:
    return problem.provider, problem.role, problem.path


class TestDeep:
    def test_a_chain_of_100_000(self) -> None:
        count = 100_000
        chain = [node("p0"), *(node(f"p{i}", Wants, a=f"p{i - 1}") for i in range(1, count))]
        graph = resolve(reversed(chain))
        assert graph.order() == tuple(each.name for each in chain)
        assert len(graph.closure("p0")) == count - 1


class TestChanging:
    def test_who_needs_it_in_two_ways_is_of_those_who_need_it_once(self) -> None:
        graph = resolve([node("m"), node("p", Wants, a="m"), node("w", Wants, a="m", b="p")])
        assert graph.closure("m") == ("p", "w")

    def test_what_is_added_may_need_what_is_there(self) -> None:
        graph = resolve([node("m", Memory, "embed")])
        assert not graph.has_needs
        graph.add([node("r", Reader, memory="m"), node("e", Embedding)])
        assert graph.has_needs
        assert graph.order() == ("m", "r", "e")
        assert graph.closure("m") == ("r", "e")
        with pytest.raises(NeedsError, match=r"s\.needs\.x"):
            graph.add([node("t"), node("s", Plain, x="m")])
        assert list(graph.nodes) == ["m", "r", "e"]

    def test_a_name_is_there_once(self) -> None:
        with pytest.raises(ProviderExistsError):
            resolve([node("a"), node("a")])

    def test_what_is_replaced_is_wired_anew(self) -> None:
        graph = resolve(
            [node("m", Memory), node("n", Memory), node("w", Wants, a="m", b="m", c="n"), node("v", Wants, a="m")]
        )
        graph.add([node("w", Wants, a="n")])
        assert graph.needs("w") == (Edge("w", "a", "a", "n", optional=True),)
        assert (graph.dependants("m"), graph.dependants("n")) == (("v",), ("w",))
        graph.add([node("w", Memory)])
        assert not graph.needs("w")
        assert not graph.dependants("n")
        assert list(graph.nodes) == ["m", "n", "w", "v"]

    def test_what_needs_a_replaced_one_is_checked_again(self) -> None:
        graph = resolve(
            [
                node("m", Memory),
                node("r", Reader, memory="m"),
                node("e", Embedding, "x", embedder="f"),
                node("f", Plain, "embed"),
            ]
        )
        with pytest.raises(NeedsError) as caught:
            graph.add([node("m", Storage), node("f", Plain, "other")])
        assert [problem.provider for problem in caught.value.problems] == ["r", "e"]
        assert graph.nodes["m"].cls is Memory
        graph.add([node("m", Storage), node("r", Maybe)])
        assert graph.dependants("m") == ()

    def test_a_replacement_may_not_close_a_cycle(self) -> None:
        graph = resolve([node("a", Wants), node("b", Wants, a="a"), node("c", Wants, a="b")])
        with pytest.raises(NeedsError, match="a -> c -> b -> a"):
            graph.add([node("a", Wants, b="c")])
        assert graph.needs("a") == ()
        graph.add([node("a", Wants, b="c"), node("c", Wants)])
        assert graph.order() == ("c", "a", "b")

    def test_what_is_held_counts_as_used_until_it_is_released(self) -> None:
        graph = resolve([node("m", Memory), node("n", Memory), node("w", Maybe, memory="m")])
        graph.hold("w", graph.uses("w"))
        graph.add([node("w", Maybe, memory="n")])
        assert graph.uses("w") == ("n", "m")
        assert graph.dependants("m") == graph.dependants("n") == graph.closure("m") == ("w",)
        assert [edge.target for edge in graph.needs("w")] == ["n"]
        graph.add([node("w", Maybe, memory="m")])  # and back
        assert graph.dependants("m") == ("w",)
        assert graph.dependants("n") == ()
        graph.release("w")
        assert graph.dependants("m") == ("w",)
        graph.hold("w", ["n"])
        graph.remove("w")
        assert graph.dependants("m") == graph.dependants("n") == ()
        assert graph.uses("m") == ()
        assert not graph.has_needs

    def test_what_is_removed_leaves_no_trace(self) -> None:
        graph = resolve([node("m"), node("w", Wants, a="m", b="m", c="n"), node("n"), node("v", Wants, a="m")])
        graph.remove("m")
        assert [edge.role for edge in graph.edges] == ["c"]
        assert graph.needs("v") == ()
        graph.remove("w")
        assert not graph.edges
        assert not graph.dependants("n")
        with pytest.raises(ProviderNotFoundError):
            graph.remove("w")

    def test_a_snapshot_stands_still(self) -> None:
        graph = resolve([node("m"), node("w", Wants, a="m")])
        copy = graph.snapshot({"m": ProviderStatus.READY})
        graph.remove("w")
        graph.add([node("n"), node("x", Wants, a="m")])
        assert list(copy.nodes) == ["m", "w"]
        assert [each.status for each in copy.nodes.values()] == [ProviderStatus.READY, None]
        assert copy.dependants("m") == ("w",)
        assert len(copy.edges) == 1
        assert graph.nodes["m"].status is None

    @pytest.mark.parametrize("question", ["needs", "dependants", "closure"])
    def test_of_a_provider_that_is_not_there(self, question: str) -> None:
        with pytest.raises(ProviderNotFoundError, match="did you mean 'notes'"):
            getattr(resolve([node("notes")]), question)("nots")


NAMES = "abcdefg"
wirings = st.dictionaries(
    st.sampled_from(NAMES), st.dictionaries(st.sampled_from("abc"), st.sampled_from(NAMES), max_size=3), min_size=1
)


def reachable(wiring: dict[str, set[str]], start: str) -> set[str]:
    """By brute force: all that can be come to from `start` in one step or more."""
    found = set(wiring[start])
    while more := set().union(*(wiring[name] for name in found)) - found:
        found |= more
    return found


@given(wirings)
def test_cycles_are_found_if_there_are_any_and_the_order_is_one(wiring: dict[str, dict[str, str]]) -> None:
    known = {name: {role: to for role, to in needs.items() if to in wiring} for name, needs in wiring.items()}
    targets = {name: set(needs.values()) for name, needs in known.items()}
    reach = {name: reachable(targets, name) for name in targets}
    turning = {name for name in targets if name in reach[name]}
    nodes = [node(name, Wants, **needs) for name, needs in known.items()]
    graph: Graph | None
    try:
        graph = resolve(nodes)
    except NeedsError as error:
        found = error.problems
        graph = None
    if graph is None:
        knots = {frozenset(reach[name] & {n for n in turning if name in reach[n]}) for name in turning}
        for problem in found:
            assert problem.path[0] == problem.path[-1] == problem.provider
            assert len(set(problem.path)) == len(problem.path) - 1
            assert known[problem.provider][problem.role] == problem.path[1]
            for source, target in itertools.pairwise(problem.path):
                assert target in targets[source]
        assert {
            frozenset(knot & reach[p.provider]) for p in found for knot in knots if p.provider in knot
        } == knots
        assert turning
        return
    assert not turning
    order = graph.order()
    assert sorted(order) == sorted(known)
    assert all(order.index(target) < order.index(name) for name in known for target in targets[name])
    for name in known:
        assert set(graph.closure(name)) == {other for other in known if name in reach[other]}
        assert set(graph.dependants(name)) == {other for other in known if name in targets[other]}
        assert {(edge.role, edge.target) for edge in graph.needs(name)} == set(known[name].items())


@given(
    wirings,
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.none() | st.dictionaries(st.sampled_from("abc"), st.sampled_from(NAMES), max_size=3),
        ),
        max_size=8,
    ),
)
def test_a_graph_that_is_changed_is_the_one_that_is_built_at_once(
    start: dict[str, dict[str, str]], changes: list[tuple[str, dict[str, str] | None]]
) -> None:
    there: dict[str, dict[str, str]] = {}
    graph = Graph()
    for name, needs in [*start.items(), *changes]:
        wanted = {**there, name: needs} if needs is not None else there
        try:
            expected = resolve(node(n, Wants, **w) for n, w in wanted.items() if w is not None)
        except NeedsError:
            with pytest.raises(NeedsError):
                graph.add([node(name, Wants, **(needs or {}))])
            continue
        if needs is not None:
            graph.add([node(name, Wants, **needs)])
            there[name] = needs
        elif name in there and not graph.dependants(name):
            graph.remove(name)
            del there[name]
            expected = resolve(node(n, Wants, **w) for n, w in there.items())
        assert graph.nodes == expected.nodes
        assert graph.edges == expected.edges
        assert all(set(graph.dependants(n)) == set(expected.dependants(n)) for n in there)


def test_a_snapshot_taken_while_wirings_change_agrees_with_itself() -> None:
    graph = resolve([node("a", Memory), node("b", Memory), node("reader", Reader, memory="a")])
    graph.add([node("reader", Reader, memory="b")])
    graph.hold("reader", ["a"])
    snapshot = graph.snapshot()
    assert snapshot.dependants("a") == snapshot.closure("a") == snapshot.uses("a") == ()
    assert snapshot.dependants("b") == ("reader",)
    assert snapshot.uses("reader") == ("b",)
    assert graph.dependants("a") == ("reader",)  # where it is still in use
    snapshot.remove("reader")
    assert snapshot.dependants("b") == ()
