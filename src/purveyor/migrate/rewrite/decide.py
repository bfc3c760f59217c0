"""What becomes of each class: every one ends in exactly one state."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.errors import MissingExtraError
from purveyor.migrate.legacy import provider_name_of
from purveyor.migrate.rewrite.construct import Construct, construct_of, quoted
from purveyor.migrate.rewrite.decorators import strange_decorator
from purveyor.migrate.rewrite.elsewhere import read_elsewhere
from purveyor.migrate.rewrite.gates import GateError, screen
from purveyor.migrate.rewrite.hindrances import Hindrance, hindrance, is_done, stands_on_purveyor
from purveyor.migrate.rewrite.identity import registered_names, version_of
from purveyor.migrate.rewrite.lineage import misfits, place_of_base
from purveyor.migrate.rewrite.members import capabilities_of, guard_of, lifecycle_to_add, operations_of
from purveyor.migrate.rewrite.probes import answered_otherwise, probes
from purveyor.migrate.rewrite.warned import warnings_of
from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from purveyor.migrate.rewrite.elsewhere import ReadElsewhere
    from purveyor.migrate.scan.kinds import Classified
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import Project

__all__ = ["Changes", "Decision", "State", "decide", "refuse"]

#: What a class is called that is there for others to derive from.
_BASE_NAMES = re.compile(r"_*(Base|Abstract).*|.*(Base|Mixin|Interface|ABC)")

State: TypeAlias = Literal["converted", "converted-with-warnings", "adapter", "refused", "not-a-provider"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is written into a class.

    Args:
        construct: How it is built; None if it gets no `from_config`.
        base: How many of its bases stand before `LegacyProvider`; None if it does not get it.
        operations: The methods to mark.
        lifecycle: What the manager calls, and by which name the class has it.
        declares: Class attributes by name, as source; ``ProviderType.X`` for the type.
    """

    construct: Construct | None
    base: int | None
    operations: tuple[str, ...]
    lifecycle: tuple[tuple[str, str], ...]
    declares: tuple[tuple[str, str], ...]

    @property
    def anything(self) -> bool:
        """Whether anything is written at all."""
        return bool(self.base is not None or self.construct or self.operations or self.lifecycle or self.declares)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a class.

    Args:
        facts: The class.
        state: In which state it ends.
        reason: Why it is not converted; None if it is, or is no provider.
        line: The line that the reason is about.
        warnings: What to know of the conversion.
        name: The name of a provider of this class that says no other.
        type: Its family.
        version: Its version.
        config: The source of its config's type; None if no config can build it.
        capabilities: What it answers for.
        changes: What is written into it; None if it stays as it is.
    """

    facts: ClassFacts
    state: State
    reason: str | None = None
    line: int | None = None
    warnings: tuple[Fault, ...] = ()
    name: str = ""
    type: str = ""
    version: str = ""
    config: str | None = None
    capabilities: tuple[str, ...] = ()
    changes: Changes | None = field(default=None, repr=False)


def decide(project: Project, classified: Mapping[ClassFacts, Classified]) -> dict[ClassFacts, Decision]:
    """Decide what becomes of every class.

    A base comes before those that derive from it: where it stays, they stay too. And where a class would break if
    its base were converted, the base stays.

    Args:
        project: The tree.
        classified: What each of its classes is.

    Returns:
        A decision for each class, in the order of the project.
    """
    providers = {facts: each for facts, each in classified.items() if each.kind in ("provider", "base")}
    names = registered_names(project)
    asked, elsewhere = probes(project), read_elsewhere(project) if providers else ()
    decorated = {
        facts: strange for facts in providers if (strange := strange_decorator(facts, project)) is not None
    }
    concrete = {
        facts for facts, each in providers.items() if each.kind == "provider" or _is_concrete(each, project)
    }
    known = {
        facts: _written_by(*strange)
        for facts, strange in decorated.items()
        if _has_fields_only(facts) and hindrance(providers[facts]) is None
    }
    while True:
        hindered = _hindered(providers, classified, known)
        decisions = {
            facts: _decide_one(
                _Tree(project, providers, hindered, names, decorated, concrete, elsewhere), providers[facts]
            )
            if facts in providers
            else Decision(facts, "not-a-provider")
            for facts in classified
        }
        found = {**misfits(decisions), **answered_otherwise(decisions, asked)}
        new = {facts: each for facts, each in found.items() if facts not in known}
        if not new:
            return _check_gates(decisions)
        known |= new


def refuse(
    decisions: Mapping[ClassFacts, Decision], closed: Mapping[SourceFile, str]
) -> dict[ClassFacts, Decision]:
    """Refuse the classes of some files, and leave those as they are that derive from them.

    Args:
        decisions: What would become of all classes.
        closed: The files that cannot be rewritten, and why.
    """
    found = dict(decisions)
    gone: set[ClassFacts] = set()
    for facts, each in decisions.items():
        if facts.file in closed and each.changes is not None:
            reason = closed[facts.file]
            found[facts] = replace(
                each, state="refused", reason=reason, line=facts.line, warnings=(), changes=None
            )
            gone.add(facts)
    for facts, each in decisions.items():
        base = next((base for base in facts.mro[1:] if base in gone), None)
        if base is not None and facts not in gone and each.changes is not None:
            assert isinstance(base, ClassFacts)
            reason = f"its base {base.name} ({base.file.path}:{base.line}) is not converted"
            found[facts] = replace(
                each, state="adapter", reason=reason, line=facts.line, warnings=(), changes=None
            )
    return found


def _check_gates(decisions: Mapping[ClassFacts, Decision]) -> dict[ClassFacts, Decision]:
    """Refuse the classes of files that cannot be rewritten safely, and leave those alone that derive from them."""
    closed: dict[SourceFile, str] = {}
    for file in dict.fromkeys(each.facts.file for each in decisions.values() if each.changes is not None):
        assert file.tree is not None, "a file with classes has a tree"
        try:
            screen(file.data, file.path, file.tree)
        except (GateError, MissingExtraError) as error:
            closed[file] = str(error)
    return refuse(decisions, closed)


def _hindered(
    providers: Mapping[ClassFacts, Classified],
    classified: Mapping[ClassFacts, Classified],
    known: Mapping[ClassFacts, Hindrance],
) -> dict[ClassFacts, Hindrance]:
    """What keeps providers from being converted: something of their own, of a base, or of a class below."""
    found: dict[ClassFacts, Hindrance] = {}
    homes = Counter((facts.file, facts.qualname) for facts in providers)
    for facts, each in classified.items():
        own = None if is_done(facts) else known.get(facts) or hindrance(each)
        if own is None and facts in providers and homes[facts.file, facts.qualname] > 1:
            own = Hindrance("refused", "its file has two classes of this name", facts.line)
        if own is not None:
            found[facts] = own
    for facts, own in [*found.items()]:
        if own.spreads:
            for base in _provider_bases(facts, providers):
                who = f"{facts.name}, which derives from it ({facts.file.path}:{facts.line}),"
                reason = f"{who} would break: {own.reason}"
                found.setdefault(base, Hindrance("adapter", reason, base.line))
    for facts in providers:
        for base in _provider_bases(facts, providers):
            if base in found and not is_done(facts):
                reason = f"its base {base.name} ({base.file.path}:{base.line}) is not converted"
                found.setdefault(facts, Hindrance("adapter", reason, facts.line))
    return found


def _provider_bases(facts: ClassFacts, providers: Mapping[ClassFacts, Classified]) -> list[ClassFacts]:
    return [each for each in facts.mro[1:] if isinstance(each, ClassFacts) and each in providers]


@dataclass(frozen=True, slots=True)
class _Tree:
    """What is known of a tree.

    Args:
        project: The tree.
        providers: Its providers.
        hindered: What keeps some of them from being converted.
        names: Under which name some are registered.
        decorated: Those of which a decorator may make something else.
        concrete: Those that can be built.
        elsewhere: The keys of theirs that other code may read.
    """

    project: Project
    providers: Mapping[ClassFacts, Classified]
    hindered: Mapping[ClassFacts, Hindrance]
    names: Mapping[ClassFacts, str]
    decorated: Mapping[ClassFacts, tuple[str, int]]
    concrete: Collection[ClassFacts]
    elsewhere: Collection[ReadElsewhere]


def _decide_one(tree: _Tree, classified: Classified) -> Decision:
    providers, hindered = tree.providers, tree.hindered
    facts = classified.facts
    derived = provider_name_of(facts.name)
    name = tree.names.get(facts, derived)
    operations, unknown = operations_of(classified)
    decision = Decision(
        facts,
        "converted",
        name=name,
        type=classified.type or "custom",
        version=version_of(facts),
        capabilities=capabilities_of(facts, _all_operations(facts, providers)),
    )
    if facts in hindered:
        own = hindered[facts]
        return replace(decision, state=own.state, reason=own.reason, line=own.line)
    if is_done(facts):
        return decision
    construct = construct_of(facts, tree.project, name, tree.elsewhere)
    concrete = facts in tree.concrete
    warnings = warnings_of(facts, unknown, tree.decorated.get(facts)) if concrete else []
    root = not stands_on_purveyor(facts) and not _provider_bases(facts, providers)
    if concrete and construct.obstacle is not None:
        hint = f"{construct.obstacle}: build it in code, or write {facts.name}.from_config"
        warnings.append(Fault(construct.line, "injected-host", hint))
    if concrete:
        warnings += [Fault(*each) for each in construct.warnings]
    if concrete and "from_config" in facts.methods:
        construct = replace(construct, config=None, obstacle=None, fields=None)
        text = "its own from_config is kept; purveyor calls it with a dict"
        warnings.append(Fault(facts.methods["from_config"].line, "own-from-config", text))
    guard = guard_of(classified) if concrete else None
    if guard is not None:
        text = (
            f"it starts once in its life, since stopping does not set {guard[0]} back: a reload takes another one"
        )
        warnings.append(Fault(guard[1], "starts-once", text))
    inherited = _inherits_build(facts, construct, tree)
    relied_on = "__init__" in facts.methods and construct.shape == "typed-config"  # by those that derive from it
    builds = (concrete or relied_on) and construct.config is not None and not inherited
    if builds and construct.fields == ():
        construct = replace(construct, config="dict[str, Any]", fields=None)
    changes = Changes(
        construct if builds else None,
        base=place_of_base(facts) if root or builds else None,
        operations=tuple(operations),
        lifecycle=_lifecycle(classified, providers, hindered),
        declares=(
            *_declares(decision, derived, facts, concrete=concrete, plain=root and _is_plain(facts)),
            *((("provider_reload", '"swap"'),) if guard is not None else ()),
        ),
    )
    return replace(
        decision,
        state="converted-with-warnings" if warnings else "converted",
        warnings=tuple(sorted(warnings)),
        config=construct.config if concrete else None,
        changes=changes if changes.anything else None,
    )


def _lifecycle(
    classified: Classified, providers: Mapping[ClassFacts, Classified], hindered: Mapping[ClassFacts, Hindrance]
) -> tuple[tuple[str, str], ...]:
    """What the manager calls by another name, without what a base gets already.

    A base gets nothing if a class below it stays as it is, since that may write the same step in another way.
    """

    def gets(facts: ClassFacts) -> list[tuple[str, str]]:
        stays = any(facts in other.mro and other in hindered for other in providers if other is not facts)
        return [] if stays else lifecycle_to_add(providers[facts])

    bases = _provider_bases(classified.facts, providers)
    inherited = {each for base in bases for each in gets(base)}
    own = gets(classified.facts) if classified.kind == "base" else lifecycle_to_add(classified)
    return tuple(each for each in own if each not in inherited)


def _is_plain(facts: ClassFacts) -> bool:
    """Whether a class or one below it has abstract methods that nothing enforces now."""
    below = [facts, *facts.subclasses]
    for each in below:
        below += [other for other in each.subclasses if other not in below]
    return not facts.is_abc and any(each.unimplemented for each in below)


def _inherits_build(facts: ClassFacts, construct: Construct, tree: _Tree) -> bool:
    """Whether a base that is itself a provider is built in the same way already."""
    if construct.inherited:
        return True
    if "__init__" in facts.methods or construct.fields:
        return False
    return any(
        base in tree.concrete and base.find("__init__") == facts.find("__init__")
        for base in _provider_bases(facts, tree.providers)
    )


def _is_concrete(classified: Classified, project: Project) -> bool:
    """Whether a class that others derive from can be built as well: it leaves nothing open, and offers something.

    One that is called a base is taken for one, unless the tree builds it.
    """
    facts = classified.facts
    if facts.unimplemented or any(
        isinstance(owner, ClassFacts) and any(each.raises_not_implemented for each in owner.methods.values())
        for owner in facts.mro
    ):
        return False
    if any(project.resolve(file, call.func) is facts for file, call in project.calls(facts.name)):
        return True
    named = _BASE_NAMES.fullmatch(facts.name) is not None
    return not named and not facts.is_abc and bool(operations_of(classified)[0])


def _has_fields_only(facts: ClassFacts) -> bool:
    """Whether somebody else has to write its constructor: it has fields, and none itself."""
    return "__init__" not in facts.methods and any(isinstance(each, ast.AnnAssign) for each in facts.node.body)


def _written_by(decorator: str, line: int) -> Hindrance:
    reason = f"what @{decorator} makes of it is not known: it may write its constructor"
    return Hindrance("adapter", reason, line)


def _all_operations(facts: ClassFacts, providers: Mapping[ClassFacts, Classified]) -> list[str]:
    found: dict[str, None] = {}
    for owner in reversed(facts.mro):
        if isinstance(owner, ClassFacts) and owner in providers:
            found.update(dict.fromkeys(operations_of(providers[owner])[0]))
            found.update(
                (name, None)
                for name, method in owner.methods.items()
                if any(d.endswith("operation") for d in method.decorators)
            )
    return [*found]


def _declares(
    decision: Decision, derived: str, facts: ClassFacts, *, concrete: bool, plain: bool
) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if plain:
        found.append(("enforces_abstract_methods", "False"))
    if not concrete:
        return tuple(found)
    if decision.name != derived and "provider_name" not in facts.attributes:
        found.append(("provider_name", quoted(decision.name)))
    if decision.type != "custom":
        found.append(("provider_type", f"ProviderType.{decision.type.upper()}"))
    if decision.version != "0":
        found.append(("provider_version", quoted(decision.version)))
    words = ", ".join(quoted(word) for word in decision.capabilities)
    if words:
        found.append(("provider_capabilities", f"({words},)" if len(decision.capabilities) == 1 else f"({words})"))
    return tuple(found)
