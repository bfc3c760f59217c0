"""The filter language: which items a listing, a search or a count is about.

A filter is a JSON object. Each of its fields is a condition on a place in the item, and all of them must hold::

    {"page": {"$gt": 1, "$lte": 9}, "author.name": "Ada", "$or": [{"tags": {"$contains": "sea"}}, {"done": True}]}

A place is a dotted path through the objects of the value, or starts with what else the item has: ``@key``,
``@created``, ``@updated``, ``@metadata.team``. ``@value`` is the value itself, for values that are no objects
and for fields whose names begin with ``@`` or ``$``. A field with a dot in its name cannot be named. A bare
operand means ``$eq``.

============================= ======================================================================
operator                      holds if the place exists and
============================= ======================================================================
``$eq`` any JSON              it is equal as JSON: ``1`` and ``1.0`` are, ``1`` and ``true`` are not
``$gt $gte $lt $lte``         number or string: it is of the same kind, and so ordered (strings by code
                              point; a boolean is no number)
``$in`` [any JSON, ...]       it is equal to one of them
``$contains`` any JSON        it is an array with an element that is equal, or a string with this part
``$exists`` true              (that is all); ``$exists`` false holds if it does not exist
``$ne``, ``$nin``             the opposite of ``$eq`` and ``$in``: also hold if it does not exist
``$not`` {operators}          the opposite of the operators: also holds if it does not exist
============================= ======================================================================

``$and`` and ``$or`` take a list of filters, ``$not`` as a field takes one. There is one evaluator, the
`matches` of the parsed filter, and every driver gives the answers that it gives; a driver that translates
filters to its backend's language does it from the same parsed form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from purveyor.errors import InvalidInputError, near_misses
from purveyor.memory.values import encode, is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from purveyor.memory.store import Item, Json

__all__ = ["AllOf", "AnyOf", "Compare", "Filter", "Not", "parse_filter"]

MAX_FILTER_BYTES = 64 * 1024

#: What a place of a missing field holds.
MISSING: Final = object()


def parse_filter(where: Json, argument: str = "where") -> Filter | None:
    """The parsed filter; None for one that everything matches.

    Args:
        where: The filter as a user writes it, or None.
        argument: What the caller calls it, for errors.

    Raises:
        InvalidInputError: It is no filter, and where in it.
    """
    if where is None:
        return None
    own, _ = encode(where, argument, MAX_FILTER_BYTES)  # refuses what no item could hold, and bounds the depth
    parsed = _parse(own, argument)
    return None if isinstance(parsed, AllOf) and not parsed.parts else parsed


class Filter(ABC):
    """A parsed filter: one of the four classes below."""

    __slots__ = ()

    @abstractmethod
    def matches(self, item: Item) -> bool:
        """Whether the item is one that the filter is about."""


@dataclass(frozen=True, slots=True)
class AllOf(Filter):
    """Every part holds."""

    parts: tuple[Filter, ...]

    def matches(self, item: Item) -> bool:
        """Whether every part matches."""
        return all(part.matches(item) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf(Filter):
    """At least one part holds."""

    parts: tuple[Filter, ...]

    def matches(self, item: Item) -> bool:
        """Whether a part matches."""
        return any(part.matches(item) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(Filter):
    """The part does not hold."""

    part: Filter

    def matches(self, item: Item) -> bool:
        """Whether the part does not match."""
        return not self.part.matches(item)


@dataclass(frozen=True, slots=True)
class Compare(Filter):
    """One operator at one place.

    Args:
        root: What of the item the path starts in: ``value``, ``metadata``, ``key``, ``created`` or ``updated``.
        path: The names of the members to go through.
        operator: ``$eq``, ``$gt``, ``$gte``, ``$lt``, ``$lte``, ``$in``, ``$contains`` or ``$exists``.
        operand: What to compare with; for ``$exists`` always true.
    """

    root: str
    path: tuple[str, ...]
    operator: str
    operand: Json

    def matches(self, item: Item) -> bool:
        """Whether the place exists and the operator holds there."""
        found = getattr(item, self.root)
        for name in self.path:
            found = found.get(name, MISSING) if type(found) is dict else MISSING
        return found is not MISSING and _TESTS[self.operator](found, self.operand)


# --- Evaluating ---------------------------------------------------------------------------------------


def _equal(one: Json, other: Json) -> bool:
    """Equality as JSON values."""
    kind = type(one)
    if is_number(one):
        return is_number(other) and bool(one == other)
    if kind is not type(other):
        return False
    if kind is list:
        return len(one) == len(other) and all(map(_equal, one, other))
    if kind is dict:
        return one.keys() == other.keys() and all(_equal(member, other[name]) for name, member in one.items())
    return bool(one == other)


def _contains(found: Json, operand: Json) -> bool:
    if type(found) is list:
        return any(_equal(member, operand) for member in found)
    return type(found) is str and type(operand) is str and operand in found


def _ordered(test: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    def same_kind(found: Json, operand: Json) -> bool:
        return (type(found) is str if type(operand) is str else is_number(found)) and test(found, operand)

    return same_kind


_TESTS: dict[str, Callable[[Json, Json], bool]] = {
    "$eq": _equal,
    "$gt": _ordered(lambda found, operand: found > operand),
    "$gte": _ordered(lambda found, operand: found >= operand),
    "$lt": _ordered(lambda found, operand: found < operand),
    "$lte": _ordered(lambda found, operand: found <= operand),
    "$in": lambda found, operand: any(_equal(found, choice) for choice in operand),
    "$contains": _contains,
    "$exists": lambda _found, _operand: True,
}


# --- Parsing ------------------------------------------------------------------------------------------

_OPERATORS = (*_TESTS, "$ne", "$nin", "$not")
_COMBINATIONS = ("$and", "$or", "$not")
_ROOTS = {"@value": "value", "@metadata": "metadata", "@key": "key", "@created": "created", "@updated": "updated"}
_NEGATED = {"$ne": "$eq", "$nin": "$in"}


def _parse(where: Json, place: str) -> Filter:
    if type(where) is not dict:
        raise InvalidInputError(
            place, f"is {where!r:.80}, not a filter", 'use an object such as {"page": {"$gt": 1}}'
        )
    return _all([_parse_field(name, operand, f"{place}.{name}") for name, operand in where.items()])


def _parse_field(name: str, operand: Json, place: str) -> Filter:
    if name == "$not":
        return Not(_parse(operand, place))
    if name in _COMBINATIONS:
        if type(operand) is not list or not operand:
            raise InvalidInputError(place, "takes a list of at least one filter")
        parts = tuple(_parse(part, f"{place}[{index}]") for index, part in enumerate(operand))
        return AnyOf(parts) if name == "$or" else AllOf(parts)
    if name.startswith("$"):
        advice = "operators stand below a field" if name in _OPERATORS else None
        raise InvalidInputError(
            place, f"is no {name} that combines filters", advice or _suggest(name, _COMBINATIONS)
        )
    root, path = _parse_path(name, place)
    if type(operand) is not dict or not any(key.startswith("$") for key in operand):
        return Compare(root, path, "$eq", operand)
    return _all([_parse_operator(root, path, key, value, f"{place}.{key}") for key, value in operand.items()])


def _parse_path(name: str, place: str) -> tuple[str, tuple[str, ...]]:
    first, *rest = names = name.split(".")
    if "" in names:
        raise InvalidInputError(
            place, "has an empty name in its path", "join member names with single dots: author.name"
        )
    if not first.startswith("@"):
        return "value", tuple(names)
    if first not in _ROOTS:
        raise InvalidInputError(place, f"{first} is nothing that an item has", _suggest(first, _ROOTS))
    return _ROOTS[first], tuple(rest)


def _parse_operator(root: str, path: tuple[str, ...], operator: str, operand: Json, place: str) -> Filter:
    if operator not in _OPERATORS:
        advice = 'to compare with an object whose names begin with "$", use $eq'
        raise InvalidInputError(place, f"{operator} is no operator", _suggest(operator, _OPERATORS, advice))
    if operator in _NEGATED:
        return Not(_parse_operator(root, path, _NEGATED[operator], operand, place))
    if operator == "$not":
        if type(operand) is not dict or not operand:
            raise InvalidInputError(place, "takes an object of operators", 'such as {"$not": {"$gt": 1}}')
        return Not(
            _all([_parse_operator(root, path, key, value, f"{place}.{key}") for key, value in operand.items()])
        )
    if operator == "$exists":
        if type(operand) is not bool:
            raise InvalidInputError(place, "takes true or false")
        exists = Compare(root, path, operator, True)
        return exists if operand else Not(exists)
    if operator == "$in" and type(operand) is not list:
        raise InvalidInputError(place, "takes a list of values")
    if operator in ("$gt", "$gte", "$lt", "$lte") and not (is_number(operand) or type(operand) is str):
        raise InvalidInputError(place, f"takes a number or a string, not {operand!r:.80}")
    return Compare(root, path, operator, operand)


def _all(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _suggest(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    if near := near_misses(word, known):
        return f"did you mean {' or '.join(near)}?"
    return otherwise or f"use one of {' '.join(known)}"
