from collections.abc import Awaitable, Callable
from typing import Any, NewType, TypeVar, Union, overload

ProviderName = NewType("ProviderName", str)
ProviderFactory = Callable[[dict[str, Any]], Awaitable[Any]]
ProviderT = TypeVar("ProviderT")
Start = Union[int, float]


@overload
def load(value: int) -> int: ...
@overload
def load(value: str) -> str: ...
def load(value: Any) -> Any:
    return value


class Marker:
    """A sentinel."""

    __slots__ = ()


MISSING = Marker()
