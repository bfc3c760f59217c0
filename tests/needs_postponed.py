"""Classes with needs in a module whose annotations are strings, and whose imports a linter has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from purveyor.provider import Provider

if TYPE_CHECKING:
    import typing as t
    from collections.abc import Callable
    from typing import Annotated, ClassVar, Optional, Union

    import purveyor as p
    from purveyor import MemoryProvider, StorageProvider
    from purveyor import needs as n
    from purveyor.needs import Needs

T = TypeVar("T")
ROLE = "memory"


class Base(Provider[Any]):
    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...


class Plain(Base):
    name: str
    hooks: ClassVar[list[Callable[[MemoryProvider[Any]], None]]] = []
    either: MemoryProvider[Any] | StorageProvider[Any] | None


class Seen(Base):
    """Not one name of these annotations is there at run time, but for the constant."""

    memory: Annotated[MemoryProvider[Any], Needs(ROLE)]
    optional: Annotated[MemoryProvider[Any] | None, Needs()]
    reversed: Annotated[None | MemoryProvider[Any], Needs()]  # noqa: RUF036
    outside: Annotated[MemoryProvider[Any], Needs()] | None
    old: Optional[Annotated[MemoryProvider[Any], Needs()]]  # noqa: UP045
    older: Union[None, Annotated[MemoryProvider[Any], Needs()]]  # noqa: UP007, RUF036
    dotted: t.Annotated[p.MemoryProvider[Any], n.Needs(capability="embed")]
    described: Annotated[MemoryProvider[Any], p.Describe("a word"), Needs()]
    quoted: Annotated["MemoryProvider[Any] | None", Needs()]  # noqa: UP037


class Here(Base):
    """These are there, one of them only later."""

    plain: Annotated[Plain, Needs()]
    later: Annotated[Later | None, Needs()]
    builtin: Annotated[int, Needs()]


class Later(Base):
    pass


class Misread(Base):
    bad: Annotated[Plain, Needs(1 / 0)]


class Badly(Base):
    role: Annotated[Plain, Needs(3)]


class Odd(Base):
    """Annotations that are none of our business, and cannot be evaluated."""

    division: 1 / 0  # type: ignore[valid-type]
    plain: Annotated[Plain, n.Needs()]


class Box(Base, Generic[T]):
    inner: Annotated[T, Needs()]


class PlainBox(Box[Plain]):
    pass
