"""Where the new base goes, and whether all classes have a lineage and members then as they have now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.migrate.rewrite.hindrances import OFFERED, Hindrance, is_done
from purveyor.migrate.source.mro import merge, run_time_bases
from purveyor.migrate.source.project import ClassFacts, External

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from purveyor.migrate.rewrite.decide import Decision
    from purveyor.migrate.source.mro import Ancestor

__all__ = ["misfits", "place_of_base"]

_OBJECT = External("builtins.object")
_LEGACY = External("purveyor.migrate.LegacyProvider")
_LEGACY_LINE: tuple[Ancestor, ...] = (
    _LEGACY,
    External("purveyor.Provider"),
    External("abc.ABC"),
    External("typing.Generic"),
    _OBJECT,
)

#: Bases of `LegacyProvider`, and such as bring nothing: it stands before them.
_LAST = {
    "abc.ABC",
    "builtins.object",
    "typing.Generic",
    "typing_extensions.Generic",
    "contextlib.AbstractAsyncContextManager",
    "contextlib.AbstractContextManager",
}
_WATCHED = sorted({*OFFERED, "initialize", "cleanup"})


def place_of_base(facts: ClassFacts) -> int:
    """How many of its bases stand before `LegacyProvider`."""
    return _place([each.resolved for each in facts.bases])


def misfits(decisions: Mapping[ClassFacts, Decision]) -> dict[ClassFacts, Hindrance]:
    """The classes, providers or not, that would break if what was decided were done.

    Args:
        decisions: What would become of every class.

    Returns:
        What is wrong with each of them: Python finds no order for its bases any more (C3, as in
        `purveyor.migrate.source.mro`), or a member that it inherits would be hidden.
    """
    lines: dict[ClassFacts, tuple[Ancestor, ...] | None] = {}
    found: dict[ClassFacts, Hindrance] = {}
    for facts in _bases_first(decisions):
        lines[facts] = line = _line_of_class(facts, decisions, lines)
        if facts.mro_problem is not None or is_done(facts):
            continue
        if line is None:
            found[facts] = Hindrance("adapter", "its bases would have no order", facts.line, spreads=True)
        elif _LEGACY in line:
            hidden = _hidden(facts, line, decisions)
            if hidden is not None:
                found[facts] = hidden
    return found


def _bases_first(decisions: Iterable[ClassFacts]) -> list[ClassFacts]:
    return sorted(decisions, key=lambda facts: len(facts.mro))


def _line_of_class(
    facts: ClassFacts,
    decisions: Mapping[ClassFacts, Decision],
    lines: Mapping[ClassFacts, tuple[Ancestor, ...] | None],
) -> tuple[Ancestor, ...] | None:
    bases = list(run_time_bases(facts))
    changes = decisions[facts].changes
    if changes is not None and changes.base is not None:
        bases.insert(_place(bases), _LEGACY)
    above: list[tuple[Ancestor, ...]] = []
    for base in bases:
        line = _LEGACY_LINE if base == _LEGACY else (base, _OBJECT)
        if base == _OBJECT:
            line = (_OBJECT,)
        elif isinstance(base, ClassFacts):
            known = lines.get(base)
            if known is None:
                return None
            line = known
        above.append(line)
    merged = merge([*above, tuple(bases)]) if above else []
    return None if merged is None else (facts, *merged)


def _place(bases: Iterable[Ancestor]) -> int:
    known = list(bases)
    last = (i for i, each in enumerate(known) if isinstance(each, External) and _goes_last(each.qualified))
    return next(last, len(known))


def _goes_last(qualified: str) -> bool:
    return qualified in _LAST or qualified.startswith("collections.abc.")


def _hidden(
    facts: ClassFacts, line: tuple[Ancestor, ...], decisions: Mapping[ClassFacts, Decision]
) -> Hindrance | None:
    for name in _WATCHED:
        before = next((each for each in facts.mro if isinstance(each, ClassFacts) and _has(each, name)), None)
        if before is None:
            continue
        after = next(
            each
            for each in line
            if each == _LEGACY
            or (isinstance(each, ClassFacts) and (_has(each, name) or _gets(decisions[each], name)))
        )
        if after is not before:
            reason = f"the {name} that it has of {before.name} would be hidden"
            return Hindrance("adapter", reason, facts.line, spreads=True)
    return None


def _has(facts: ClassFacts, name: str) -> bool:
    return name in facts.methods or facts.attributes.get(name) is not None


def _gets(decision: Decision, name: str) -> bool:
    changes = decision.changes
    return changes is not None and (
        any(role == name for role, _ in changes.lifecycle)
        or any(attribute == name for attribute, _ in changes.declares)
        or (name == "from_config" and changes.construct is not None)
    )
