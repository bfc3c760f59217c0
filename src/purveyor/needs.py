"""`Needs`, with which a provider's class declares what it needs of other providers.

A need is an annotation, and annotations come in many forms: objects, strings (``from __future__ import
annotations``), evaluated when they are asked for (Python 3.14), behind aliases, and with names that only a type
checker sees, since linters have imports for annotations moved below ``if TYPE_CHECKING``. All of them are read
here; a class that is not there at run time is only not checked.
"""

from __future__ import annotations

import builtins
import inspect
import sys
from dataclasses import dataclass, field
from importlib import import_module
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    Optional,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)
from weakref import WeakKeyDictionary

from purveyor.errors import InvalidInputError, InvalidNeedError

__all__ = ["Need", "Needs", "needs_of"]


@dataclass(frozen=True, slots=True)
class Needs:
    """Says in an annotation that a provider needs another one.

    The attribute is set before `initialize` runs. ``X | None`` makes the need optional: the attribute is None
    where nothing is wired to it.

    .. code-block:: python

        from typing import Annotated, Any
        from purveyor import CapabilityProvider, MemoryProvider, Needs, StorageProvider

        class Summariser(CapabilityProvider[dict[str, Any]]):
            notes: Annotated[MemoryProvider[Any], Needs("memory")]
            archive: Annotated[StorageProvider[Any] | None, Needs()]

            async def initialize(self) -> None: ...
            async def cleanup(self) -> None: ...

    Args:
        role: What the need is called where it is wired, ``needs = { memory = "notes" }``; the attribute's name
            if it is not given.
        capability: A word that the other provider must answer for. If exactly one does, it needs no wiring.

    Raises:
        InvalidInputError: The role or the capability is not a string, or an empty one.
    """

    role: str | None = None
    capability: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("role", "capability"):
            value: object = getattr(self, name)
            if value is not None and not (isinstance(value, str) and value):
                raise InvalidInputError(name, "is not a word", f'write Needs({name}="...")')


@dataclass(frozen=True, slots=True)
class Need:
    """One need of a provider's class.

    Args:
        attribute: The attribute that is set.
        role: What the need is called where it is wired.
        cls: The class that the other provider must be of, or a protocol; None if only a type checker knows it.
        capability: The word that the other provider must answer for.
        optional: Whether the provider does without: the annotation allows None.
    """

    attribute: str
    role: str
    cls: type | None = None
    capability: str | None = None
    optional: bool = False


_WELL_KNOWN: dict[str, Any] = {
    "Annotated": Annotated,
    "Any": Any,
    "ClassVar": ClassVar,
    "Final": Final,
    "Needs": Needs,
    "Optional": Optional,
    "Union": Union,
}

_known: WeakKeyDictionary[type, tuple[Need, ...]] = WeakKeyDictionary()


def needs_of(cls: type) -> tuple[Need, ...]:
    """What a provider's class needs, in the order of declaration, the needs that it inherits first.

    A subclass that annotates an attribute anew replaces the need, or takes it away if there is no `Needs` in the
    new annotation.

    Args:
        cls: The class.

    Raises:
        InvalidNeedError: A need cannot be read or satisfied, or two of them have one role.
    """
    try:
        return _known[cls]
    except KeyError:
        return _known.setdefault(cls, _inspect(cls))


def _inspect(cls: type) -> tuple[Need, ...]:
    arguments = _type_arguments(cls)
    found: dict[str, Need] = {}
    for owner in reversed(cls.__mro__):
        names = _Names(owner)
        for attribute, annotation in _own_annotations(owner).items():
            found.pop(attribute, None)
            need = _Annotation(cls, attribute, names, arguments.get(owner, {})).read(annotation)
            if need is not None:
                found[attribute] = need
    roles: dict[str, str] = {}
    for need in found.values():
        if need.role in roles:
            raise InvalidNeedError(
                cls,
                need.attribute,
                f"has the role {need.role!r}, as {roles[need.role]} has",
                f'give it one of its own: Needs("{need.attribute}")',
            )
        roles[need.role] = need.attribute
    return tuple(found.values())


def _own_annotations(cls: type) -> dict[str, Any]:
    try:
        return inspect.get_annotations(cls)
    except Exception:  # from Python 3.14 on they are evaluated only now, and a name is not there
        get_annotations: Any = inspect.get_annotations
        return cast("dict[str, Any]", get_annotations(cls, format=import_module("annotationlib").Format.STRING))


class _Annotation:
    """Reads one annotation."""

    def __init__(self, cls: type, attribute: str, names: _Names, arguments: dict[Any, Any]) -> None:
        self._cls = cls
        self._attribute = attribute
        self._names = names
        self._arguments = arguments
        self._metadata: list[Any] = []
        self._optional = False
        self._shared = False  # by all instances: a ClassVar

    def read(self, annotation: Any) -> Need | None:
        hint = self._unwrap(annotation)
        if Needs in self._metadata:
            raise self._invalid("has Needs without parentheses", "write Needs()")
        marks = [each for each in self._metadata if isinstance(each, Needs)]
        if not marks:
            if _hides_needs(hint):
                raise self._invalid(
                    "has Needs inside another type", "a need is one provider: Annotated[X, Needs()]"
                )
            return None
        mark = marks[-1]  # the outermost: an alias can be given another role
        if self._shared:
            raise self._invalid("is a ClassVar", "a need is set on each instance: leave ClassVar out")
        return Need(
            attribute=self._attribute,
            role=mark.role or self._attribute,
            cls=self._class_of(hint),
            capability=mark.capability,
            optional=self._optional,
        )

    def _unwrap(self, hint: Any) -> Any:
        """The type inside, after what stands around it has been noted."""
        for _ in range(100):  # an alias may refer to itself
            origin = get_origin(hint)
            if isinstance(hint, str):
                hint = self._evaluate(hint)
            elif isinstance(hint, ForwardRef):
                hint = self._evaluate(hint.__forward_arg__)
            elif (
                isinstance(hint, TypeVar) and (stands_for := self._arguments.get(hint, hint.__bound__)) is not None
            ):
                hint = stands_for
            elif origin is Annotated:
                hint, *metadata = get_args(hint)
                self._metadata += metadata
            elif origin in (ClassVar, Final):
                self._shared |= origin is ClassVar
                (hint,) = get_args(hint)
            elif origin in (Union, UnionType) and NoneType in get_args(hint):
                self._optional = True
                hint = Union[tuple(each for each in get_args(hint) if each is not NoneType)]  # noqa: UP007
            elif type(origin).__name__ == "TypeAliasType":  # type Alias[T] = ...
                hint = _value_of(origin)[get_args(hint)]
            elif type(hint).__name__ == "TypeAliasType":
                hint = _value_of(hint)
            else:
                break
        return hint

    def _evaluate(self, text: str) -> Any:
        try:
            return eval(text, self._names.globals, self._names)  # noqa: S307 - the program's own source, as `typing` does
        except Exception as error:
            if "Needs" in text:
                problem = f"cannot be read: {type(error).__name__}: {error}"
                raise self._invalid(problem) from error
            return _Unknown()

    def _class_of(self, hint: Any) -> type | None:
        if hint is Any or isinstance(hint, (_Unknown, TypeVar)):
            return None
        kind = get_origin(hint) or hint
        if isinstance(kind, type) and kind is not UnionType:
            return kind
        raise self._invalid("is not annotated with one class", "name a class, or a protocol that all of them have")

    def _invalid(self, problem: str, advice: str | None = None) -> InvalidNeedError:
        return InvalidNeedError(self._cls, self._attribute, problem, advice)


class _Unknown:
    """What stands for a name that is not there at run time, and for all that is made of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # `typing` asks for many
        return _well_known(name)

    def __getitem__(self, _: object) -> _Unknown:
        return self

    def __call__(self, *_: object, **__: object) -> _Unknown:
        return self

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007 - which would call this method

    def __ror__(self, other: Any) -> Any:
        return Union[other, self]  # noqa: UP007


def _well_known(name: str) -> Any:
    """What annotations are made of, which may itself be imported for the type checker alone."""
    return _WELL_KNOWN[name] if name in _WELL_KNOWN else _Unknown()


class _Names(dict[str, Any]):
    """The names that an annotation of a class can use, as `eval` looks them up."""

    def __init__(self, owner: type) -> None:
        super().__init__()
        self._owner = owner
        self.globals: dict[str, Any] = vars(sys.modules.get(owner.__module__, builtins))

    def __missing__(self, name: str) -> Any:
        for names in (vars(self._owner), self._enclosing, self.globals, vars(builtins)):
            if name in names:
                return names[name]
        return _well_known(name)

    @property
    def _enclosing(self) -> dict[str, Any]:
        """The class's type parameters, and from Python 3.14 on what annotations use of a function around it."""
        names = {each.__name__: each for each in getattr(self._owner, "__type_params__", ())}
        annotate: Any = getattr(self._owner, "__annotate__", None)
        if closure := getattr(annotate, "__closure__", None):
            for name, cell in zip(annotate.__code__.co_freevars, closure, strict=True):
                try:
                    names[name] = cell.cell_contents
                except ValueError:  # not assigned yet
                    continue
        return names


def _value_of(alias: Any) -> Any:
    try:
        return alias.__value__
    except Exception:  # it is evaluated only now, and a name is not there
        return _Unknown()


def _hides_needs(hint: Any) -> bool:
    return any(each is Needs or isinstance(each, Needs) or _hides_needs(each) for each in get_args(hint))


def _type_arguments(cls: type) -> dict[type, dict[Any, Any]]:
    """For each base, what the class has in the place of the base's type variables."""
    found: dict[type, dict[Any, Any]] = {cls: {}}
    todo = [cls]
    for kind in todo:  # which grows
        arguments = found[kind]
        for base in vars(kind).get("__orig_bases__", kind.__bases__):
            origin: Any = get_origin(base) or base
            if origin not in found:
                given = [
                    arguments.get(each, each) if isinstance(each, TypeVar) else each for each in get_args(base)
                ]
                pairs = zip(getattr(origin, "__parameters__", ()), given, strict=False)
                found[origin] = {variable: argument for variable, argument in pairs if argument is not variable}
                todo.append(origin)
    return found
