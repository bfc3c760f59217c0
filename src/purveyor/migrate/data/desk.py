"""`Desk`: the side of a move where a provider stands, memory or storage, with the few verbs that a move needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from purveyor.errors import InvalidInputError
    from purveyor.memory.store import Address
    from purveyor.migrate.data.records import Record

__all__ = ["Desk", "Found", "Undo"]

Undo: TypeAlias = Callable[[], Awaitable[None]]


class Found(NamedTuple):
    """What stands at an address now.

    Args:
        address: Where.
        record: The record; None if it is something that no record can be: an object that is no JSON.
        version: What tells it from what stood or will stand there.
    """

    address: Address
    record: Record | None
    version: int | str


class Desk(ABC):
    """A provider, seen from a namespace on: addresses are relative to that.

    Args:
        label: What errors and reports call it.
    """

    def __init__(self, label: str) -> None:
        self.label = label

    @abstractmethod
    def refusal(self, record: Record) -> InvalidInputError | None:
        """Why it does not take a record; None if it does."""

    @abstractmethod
    async def get(self, addresses: Sequence[Address]) -> list[Found | None]:
        """What stands at some addresses."""

    @abstractmethod
    def everything(self, *, deep: bool) -> AsyncIterator[Found]:
        """All that stands in the namespace, and if `deep` below it."""

    @abstractmethod
    async def change(
        self, puts: Sequence[Record], versions: Mapping[Address, int | str], deletes: Mapping[Address, int | str]
    ) -> Undo:
        """Put and delete, in one transaction where the backend has them.

        Args:
            puts: What is put. It is gone through more than once.
            versions: What may be replaced: where a version is missing, nothing may be there.
            deletes: What is deleted, in these versions.

        Returns:
            What takes out again what was put, and brings back what was replaced or deleted, where nobody else has
            put something since.

        Raises:
            MoveCollisionError: Something else came there meanwhile; all was undone but what the error tells of.
            DataError: The backend failed.
        """
