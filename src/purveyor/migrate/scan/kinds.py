"""What each class of a tree is: a provider, a base of providers, or something else.

A provider is what an application starts, uses and closes. Names of classes say little of that, so this goes by
what a class can do and what it descends from. Each observation has a weight; a class whose observations reach
`_ENOUGH` is a provider, and so is what derives from one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.scan.ancestry import is_model
from purveyor.migrate.scan.construction import CONFIG_WORDS, config_classes, words_of
from purveyor.migrate.scan.holding import Holding
from purveyor.migrate.scan.lifecycle import Lifecycle, closing_word, left_open, opening_word, sets_a_state
from purveyor.migrate.scan.provider_type import TypeName, type_of
from purveyor.migrate.scan.registrations import registered_classes
from purveyor.migrate.scan.shape import Shape
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from purveyor.migrate.scan.lifecycle import Members
    from purveyor.migrate.source.project import Project

__all__ = ["Classified", "Kind", "Lifecycle", "classify"]

Kind: TypeAlias = Literal["provider", "base", "config", "error", "registry", "protocol", "data"]

_ENOUGH = 4


@dataclass(frozen=True, slots=True)
class Classified:
    """What a class is.

    Args:
        facts: The class.
        kind: What it is; ``"data"`` is everything that is nothing else.
        type: Of which type a provider is, or a base; None for the others.
        lifecycle: How it is opened and closed, if it is.
        roots: The providers highest up in its ancestry, itself if there are none above it; empty for what is none.
        evidence: Why, in a few words.
    """

    facts: ClassFacts
    kind: Kind
    type: TypeName | None
    lifecycle: Lifecycle | None
    roots: tuple[ClassFacts, ...]
    evidence: str


def classify(project: Project) -> dict[ClassFacts, Classified]:
    """Say of every class of a tree what it is.

    Args:
        project: The tree.

    Returns:
        Each class, in the order of ``project.classes``; none is left out.
    """
    return _Classification(project).result()


class _Classification:
    """One run over a tree."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.shapes: dict[ClassFacts, Shape] = {facts: Shape(facts) for facts in project.classes}
        #: Why a class is a provider, or a registry.
        self.providers: dict[ClassFacts, str] = {}
        self.registries: dict[ClassFacts, str] = {}
        self._filled: dict[tuple[ClassFacts, tuple[str, ...]], bool] = {}

    def result(self) -> dict[ClassFacts, Classified]:
        self.providers = self._find_providers()
        self.registries = self._find_registries()
        if self.registries.keys() & self.providers.keys():
            self.providers = self._find_providers()
        configs = self._find_configs()
        return {facts: self._classified(facts, configs) for facts in self.project.classes}

    # --- providers -------------------------------------------------------------------------------------------

    def _find_providers(self) -> dict[ClassFacts, str]:
        weighed = {facts: self._weigh(shape) for facts, shape in self.shapes.items() if self._may_be(shape)}
        unsure = [facts for facts, (weight, _) in weighed.items() if 2 <= weight < _ENOUGH]
        for facts in registered_classes(self.project, unsure):
            weight, why = weighed[facts]
            weighed[facts] = weight + 2, [*why, "registered"]
        for facts in unsure:
            weight, why = weighed[facts]
            if weight == _ENOUGH - 1 and _is_called_a_provider(self.shapes[facts]):
                weighed[facts] = weight + 1, [*why, "called one"]
        found = {facts: "; ".join(why) for facts, (weight, why) in weighed.items() if weight >= _ENOUGH}
        while True:
            known = len(found)
            for facts in list(found):
                self._add_descendants(facts, found)
            self._add_bases(found)
            self._add_twins(found, unsure)
            if len(found) == known:
                return found

    def _may_be(self, shape: Shape) -> bool:
        if shape.facts in self.registries or shape.descent in ("error", "protocol", "fixed"):
            return False
        if shape.descent == "purveyor":
            return True
        if shape.lifecycle is None or shape.calling is not None:
            return False
        if shape.descent is not None and not (shape.both_ends or shape.acquisition == "released"):
            return False
        return not _is_test_file(shape.facts.file.path)

    def _weigh(self, shape: Shape) -> tuple[int, list[str]]:
        if shape.descent == "purveyor":
            return _ENOUGH, ["stands on Purveyor"]
        weight, why = _weigh_lifecycle(shape)
        if weight == 0:
            return 0, []
        ends = shape.lifecycle is not None and shape.lifecycle.opens is None  # one that only opens may be any step
        if shape.config is not None and (
            (shape.operations and ends) or shape.both_ends or shape.lifecycle_is_async
        ):
            weight += 2
            why.append(f"takes {shape.config}")
        declared = self._declared_above(shape)
        if declared is not None:
            owner, enforced = declared
            weight += 2 if enforced or shape.both_ends or shape.lifecycle_is_async else 1
            why.append(f"lifecycle declared by {owner.qualname}")
        elif self._is_of_a_family(shape):
            weight += 1
            why.append("fills what its base leaves open")
        elif shape.missing and weight > 1:
            weight += 1
            why.append(f"derives from {shape.missing[0]}, which is not here")
        if weight < _ENOUGH and shape.acquisition is not None:
            weight += 2 if shape.acquisition == "released" else 1
            why.append("holds what it opens")
        if weight == _ENOUGH and shape.facts.name.startswith("_") and not shape.lifecycle_is_async:
            weight -= 1
        return weight, why

    def _declared_above(self, shape: Shape) -> tuple[ClassFacts, bool] | None:
        """The class, itself or above, that leaves its lifecycle to those below it, and whether it insists."""
        for owner in shape.facts.mro:
            if isinstance(owner, ClassFacts):
                above = self.shapes[owner]
                parts = above.left_open
                if above.calling is None and self._is_filled(owner, parts):
                    return owner, any(owner.methods[name].is_abstract for name in parts)
        return None

    def _is_of_a_family(self, shape: Shape) -> bool:
        """Whether it fills what a class above leaves open that has the lifecycle, with both ends."""
        return any(
            isinstance(owner, ClassFacts)
            and self.shapes[owner].both_ends
            and self.shapes[owner].calling is None
            and self._is_filled(owner, self.shapes[owner].abstract)
            for owner in shape.facts.mro[1:]
        )

    def _is_filled(self, owner: ClassFacts, parts: tuple[str, ...]) -> bool:
        """Whether one who derives from a class writes what it leaves open."""
        known = self._filled.get((owner, parts))
        if known is None:
            known = self._filled[owner, parts] = any(
                name in below.methods and not left_open(below.methods[name])
                for below in (_descendants(owner) if parts else ())
                for name in parts
            )
        return known

    def _add_descendants(self, facts: ClassFacts, found: dict[ClassFacts, str]) -> None:
        rest = [facts]
        while rest:
            above = rest.pop()
            for below in above.subclasses:
                shape = self.shapes[below]
                if below in found or below in self.registries:
                    continue
                if shape.descent != "error" and shape.calling != "a test":
                    found[below] = f"derives from {above.qualname}"
                    rest.append(below)

    def _add_bases(self, found: dict[ClassFacts, str]) -> None:
        """What all who derive from it are providers, and what leaves something to them, is their base."""
        above = {
            owner: None
            for facts in list(found)
            for owner in facts.mro
            if isinstance(owner, ClassFacts) and owner not in found and owner not in self.registries
        }
        for owner in above:
            shape = self.shapes[owner]
            if shape.descent is not None or shape.calling is not None:
                continue
            told = shape.lifecycle is not None or shape.config is not None or _is_called_a_provider(shape)
            first = [below for below in owner.subclasses if below.bases[0].resolved is owner]
            known = sum(below in found for below in first)
            needed = len(first) / 2 if told else max(len(owner.subclasses), 2)
            if shape.both_ends and shape.abstract:
                needed = 1
            if (shape.abstract or shape.both_ends) and known >= max(needed, 1):
                found[owner] = f"base of {next(below.qualname for below in first if below in found)}"

    def _add_twins(self, found: dict[ClassFacts, str], unsure: list[ClassFacts]) -> None:
        """A class that offers and is called the same as a provider beside it is one as well."""
        for facts in unsure:
            shape = self.shapes[facts]
            if facts in found or not shape.both_ends or len(shape.operations) < 2:
                continue
            for other in found:
                if other.file is facts.file and _are_twins(shape, self.shapes[other]):
                    found[facts] = f"twin of {other.qualname}"
                    break

    # --- registries and configurations -----------------------------------------------------------------------

    def _find_registries(self) -> dict[ClassFacts, str]:
        found: dict[ClassFacts, str] = {}
        for facts, shape in sorted(self.shapes.items(), key=_depth):
            if shape.descent is not None and shape.descent not in ("container", "model"):
                continue
            holding = Holding(self._members_to_judge(shape, found), self.providers)
            if facts not in self.providers:
                if holding.of_anything:
                    found[facts] = "holds others and hands them out"
            elif holding.of_providers and not (self._serves_as_one(shape) or _is_composite(shape, holding)):
                found[facts] = "holds providers and hands them out"
        return found

    def _members_to_judge(self, shape: Shape, registries: Mapping[ClassFacts, str]) -> Members:
        """A class's own methods, where its base is a provider that was judged already; otherwise all of them."""
        above = [owner for owner in shape.facts.mro[1:] if isinstance(owner, ClassFacts)]
        if registries.keys().isdisjoint(above) and not self.providers.keys().isdisjoint(above):
            return {name: (shape.facts, method) for name, method in shape.facts.methods.items()}
        return shape.members

    def _serves_as_one(self, shape: Shape) -> bool:
        """Whether a class that holds providers offers what its base asks of one, as a composite does."""
        asked = {
            name
            for owner in shape.facts.mro[1:]
            if isinstance(owner, ClassFacts) and owner in self.providers
            for name in self.shapes[owner].abstract
        }
        return not asked.isdisjoint(name for name in shape.operations if name in shape.facts.methods)

    def _find_configs(self) -> dict[ClassFacts, str]:
        found: dict[ClassFacts, str] = {}

        def add(facts: ClassFacts, why: str) -> None:
            shape = self.shapes[facts]
            if facts in found or facts in self.providers or facts in self.registries:
                return
            if shape.descent in (None, "model", "container"):
                found[facts] = why
                for below in facts.subclasses:
                    add(below, f"derives from {facts.qualname}")

        for provider in self.providers:
            for each in config_classes(provider):
                add(each, f"configures {provider.qualname}")
        for facts in self.project.classes:
            if is_model(facts) and words_of(facts.name)[-1] in CONFIG_WORDS:
                add(facts, "a model of a configuration")
        return found

    # --- the answer ------------------------------------------------------------------------------------------

    def _classified(self, facts: ClassFacts, configs: Mapping[ClassFacts, str]) -> Classified:
        shape = self.shapes[facts]
        kind: Kind
        if facts in self.providers:
            roots = self._roots(facts)
            kind = "base" if self._is_base(shape) else "provider"
            above = [self.shapes[root] for root in roots]
            return Classified(facts, kind, type_of(shape, above), shape.lifecycle, roots, self.providers[facts])
        if shape.descent == "error":
            kind, why = "error", "an exception"
        elif shape.descent == "protocol":
            kind, why = "protocol", "a protocol"
        elif facts in self.registries:
            kind, why = "registry", self.registries[facts]
        elif facts in configs:
            kind, why = "config", configs[facts]
        else:
            kind, why = "data", shape.calling or shape.descent or _too_little(shape)
        return Classified(facts, kind, None, shape.lifecycle, (), why)

    def _is_base(self, shape: Shape) -> bool:
        """Whether a provider is made to be derived from."""
        if any(method.is_abstract for method in shape.facts.methods.values()):
            return True
        derived = any(below in self.providers for below in shape.facts.subclasses)
        if not derived:
            return False
        is_abc = any(base.expression.rpartition(".")[2] == "ABC" for base in shape.facts.bases)
        return is_abc or bool(shape.left_open) or bool(shape.abstract) or bool(shape.facts.unimplemented)

    def _roots(self, facts: ClassFacts) -> tuple[ClassFacts, ...]:
        above = [owner for owner in facts.mro if isinstance(owner, ClassFacts) and owner in self.providers]
        return tuple(
            owner
            for owner in above
            if not any(
                isinstance(other, ClassFacts) and other in self.providers and other is not owner
                for other in owner.mro
            )
        ) or (facts,)


def _weigh_lifecycle(shape: Shape) -> tuple[int, list[str]]:
    """How much the lifecycle alone tells."""
    lifecycle = shape.lifecycle
    assert lifecycle is not None, "only what has one is weighed"
    names = [name for name in (lifecycle.opens, lifecycle.closes) if name is not None]
    methods = [shape.members[name][1] for name in names]
    asynchronous = sum(method.is_async for method in methods)
    told = "/".join(f"async {method.name}" if method.is_async else method.name for method in methods)
    if len(methods) == 2:
        if all(map(sets_a_state, methods)):
            return 0, []
        weight = 2 + asynchronous
        if weight < _ENOUGH and methods[0].required:
            weight -= 1
        return weight, [told]
    if lifecycle.context is not None:
        return (2 if shape.operations or shape.acquisition == "released" else 0), [
            f"{lifecycle.context} context manager"
        ]
    if asynchronous:
        return 2, [told]
    if methods[0].required or not shape.operations:
        return 0, []
    strong = {opening_word(names[0]), closing_word(names[0])} & _UNAMBIGUOUS
    return (2 if strong else 1), [told]


def _depth(each: tuple[ClassFacts, Shape]) -> int:
    return len(each[0].mro)


def _is_composite(shape: Shape, holding: Holding) -> bool:
    """Whether it is one part of a tree of its like: it leaves something to those below it, and gives out none."""
    return bool(shape.abstract and shape.facts.subclasses) and not holding.hands


def _too_little(shape: Shape) -> str:
    """Why a class is none, though it might be one by its methods."""
    lifecycle = shape.lifecycle
    if lifecycle is None:
        return "no lifecycle of its own"
    names = [name for name in (lifecycle.opens, lifecycle.closes) if name is not None]
    told = "/".join(names) or f"its being a {lifecycle.context} context manager"
    return f"{told} alone do not tell; adapt() makes one of it" if names else f"{told} alone does not tell"


def _descendants(facts: ClassFacts) -> Iterator[ClassFacts]:
    """All who derive from a class; in broken code that may be the class itself."""
    seen = {facts}
    rest = list(facts.subclasses)
    while rest:
        below = rest.pop()
        if below not in seen:
            seen.add(below)
            yield below
            rest += below.subclasses


#: Words that by themselves, on one synchronous method, speak of a resource.
_UNAMBIGUOUS = frozenset(
    {"initialize", "connect", "cleanup", "close", "shutdown", "disconnect", "teardown", "dispose"}
)

#: What breaks a tie, as the last word of a class's or base's name, or as a folder.
_CALLED = frozenset({"provider", "backend", "driver", "connector", "adapter", "plugin", "integration", "gateway"})
_FOLDERS = frozenset({"providers", "backends", "drivers", "connectors", "adapters", "plugins", "integrations"})


def _is_called_a_provider(shape: Shape) -> bool:
    names = [shape.facts.name, *shape.missing]
    if any(words_of(name.rpartition(".")[2])[-1] in _CALLED for name in names):
        return True
    return bool(_FOLDERS.intersection(shape.facts.file.path.split("/")[:-1]))


def _is_test_file(path: str) -> bool:
    *folders, name = path.split("/")
    return (
        name.startswith("test_")
        or name.endswith("_test.py")
        or name == "conftest.py"
        or (bool({"tests", "test", "testing"}.intersection(folders)))
    )


def _are_twins(one: Shape, other: Shape) -> bool:
    """Whether two classes have their lifecycle and most of their operations in common, asynchronous or not."""
    if one.lifecycle is None or other.lifecycle is None or _ends(one.lifecycle) != _ends(other.lifecycle):
        return False
    mine, its = set(_plain(one.operations)), set(_plain(other.operations))
    return len(mine & its) * 2 > max(len(mine), len(its))


def _ends(lifecycle: Lifecycle) -> tuple[str | None, str | None]:
    return opening_word(lifecycle.opens or ""), (closing_word(lifecycle.closes or "") or "").removeprefix("a")


def _plain(operations: tuple[str, ...]) -> Iterator[str]:
    for name in operations:
        bare = name.removeprefix("async_").removesuffix("_async")
        yield bare
