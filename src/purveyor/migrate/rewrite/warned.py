"""What to know of the conversion of a class, beside how it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.migrate.scan.faults.model import Fault
from purveyor.migrate.source.project import ClassFacts

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["warnings_of"]


def warnings_of(
    facts: ClassFacts, unknown: Iterable[tuple[str, str, int]], decorator: tuple[str, int] | None
) -> list[Fault]:
    """The warnings of a class.

    Args:
        facts: The class.
        unknown: The methods that could not be marked, each with the decorator that is in the way and its line.
        decorator: A decorator of the class itself that may make something else of it, and its line.
    """
    found = [
        Fault(
            line,
            "unmarked-operation",
            f"{name} is not marked as an operation: what @{decorator} does to it is not known",
        )
        for name, decorator, line in unknown
    ]
    if not facts.is_abc and facts.unimplemented:
        missing = ", ".join(f"{name} of {owner.name}" for name, owner in sorted(facts.unimplemented.items()))
        found.append(
            Fault(
                facts.line, "unimplemented-abstract", f"it does not implement {missing}; it can be built as before"
            )
        )
    for name in ("status", "health", "current"):
        method = facts.methods.get(name)
        if method is not None:
            text = f"its {name} hides Provider.{name}: ask the manager for the provider's"
            found.append(Fault(method.line, "hides-provider", text))
    owners = [each for each in facts.mro if isinstance(each, ClassFacts)]
    if all("__slots__" in each.attributes for each in owners):
        text = "its instances get a __dict__: what its __slots__ kept out is let in"
        found.append(Fault(facts.line, "slots", text))
    if decorator is not None:
        text = f"what @{decorator[0]} makes of it is not known: if not the class itself, only code can build it"
        found.append(Fault(decorator[1], "class-decorator", text))
    return found
