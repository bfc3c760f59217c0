"""`MemoryDesk`: a memory as one side of a move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast, overload

from purveyor.errors import ConflictError, InvalidInputError, MoveCollisionError, UnsupportedError
from purveyor.memory.store import ABSENT, Address, Delete, MemoryStore, Put
from purveyor.memory.values import check_address, check_namespace, encode
from purveyor.migrate.data.desk import Desk, Found
from purveyor.migrate.data.records import record_of_item

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from purveyor.memory.provider import MemoryProvider
    from purveyor.memory.store import Item, Mutation, Namespace, Stamp
    from purveyor.migrate.data.desk import Undo
    from purveyor.migrate.data.records import Record

__all__ = ["MemoryDesk"]

_PORTION = 256


class MemoryDesk(Desk):
    """The items of a memory.

    Args:
        provider: The memory, initialized.
        namespace: Where what is moved begins.
    """

    def __init__(self, provider: MemoryProvider[Any], namespace: Namespace) -> None:
        super().__init__(provider.metadata.name)
        self._provider = provider
        self._namespace = check_namespace(namespace)
        store = provider.store
        if not isinstance(store, MemoryStore):
            raise UnsupportedError(
                f"the store of {self.label}", "moving data", "a store that implements MemoryStore"
            )
        self._store = store

    def refusal(self, record: Record) -> InvalidInputError | None:
        """Why the memory does not take a record: its value may be too long for it, or its namespace too deep."""
        try:
            self._put(record, None)
        except InvalidInputError as error:
            return error
        return None

    async def get(self, addresses: Sequence[Address]) -> list[Found | None]:
        """The items at some addresses."""
        found: list[Found | None] = []
        for start in range(0, len(addresses), _PORTION):
            portion = [self._absolute(address) for address in addresses[start : start + _PORTION]]
            found += [None if item is None else self._found(item) for item in await self._store.read(portion)]
        return found

    async def everything(self, *, deep: bool) -> AsyncIterator[Found]:
        """The items of the namespace."""
        async for item in self._provider.export(namespace=self._namespace):
            if deep or item.namespace == self._namespace:
                yield self._found(item)

    async def change(
        self, puts: Sequence[Record], versions: Mapping[Address, int | str], deletes: Mapping[Address, int | str]
    ) -> Undo:
        """Put and delete, in one call of the store.

        Raises:
            MoveCollisionError: Something else came there meanwhile; all was undone.
            InvalidInputError: A value is not acceptable; nothing was written.
            StoreError: The store failed; nothing was written.
        """
        mutations = _Mutations(self, puts, versions, deletes)
        concerned = [*versions, *deletes]
        before = dict(zip(concerned, await self.get(concerned), strict=True))
        outcomes = await self._store.write(mutations)
        stamps = {
            record.address: cast("Stamp", outcome).version
            for record, outcome in zip(puts, outcomes, strict=False)
            if not isinstance(outcome, Exception)
        }
        gone = {
            address
            for address, outcome in zip(deletes, outcomes[len(puts) :], strict=False)
            if not isinstance(outcome, Exception)
        }

        async def undo() -> None:
            back = [
                found.record
                for address, found in before.items()
                if found and found.record and (address in stamps or address in gone)
            ]
            again: dict[Address, int | str] = {
                record.address: stamps[record.address] for record in back if record.address in stamps
            }
            new = {address: version for address, version in stamps.items() if address not in versions}
            await self._store.write(_Mutations(self, back, again, new))

        failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if failures:  # then not even one of the others may stay
            await undo()
            if not isinstance(failures[0], ConflictError):
                raise failures[0]
            targets = [error.target for error in failures if isinstance(error, ConflictError)]
            raise MoveCollisionError(self.label, targets)
        return undo

    def _put(self, record: Record, expected: Any) -> Put:
        value, text = encode(record.value, "value", self._provider.max_value_bytes)
        put = Put(
            check_address(*self._absolute(record.address)),
            value,
            text,
            encode(record.metadata, "metadata", self._provider.max_value_bytes)[1],
        )
        put.created, put.updated, put.expires, put.expected = (
            record.created,
            record.updated,
            record.expires,
            expected,
        )
        return put

    def _absolute(self, address: Address) -> Address:
        return Address((*self._namespace, *address.namespace), address.key)

    def _found(self, item: Item) -> Found:
        record = record_of_item(item, len(self._namespace))
        return Found(record.address, record, item.version)


class _Mutations(Sequence["Mutation[Any]"]):
    """Puts, then deletes; each is made when it is asked for, so that they do not lie in memory all at once."""

    def __init__(
        self,
        desk: MemoryDesk,
        puts: Sequence[Record],
        versions: Mapping[Address, int | str],
        deletes: Mapping[Address, int | str],
    ) -> None:
        self._desk = desk
        self._puts = puts
        self._versions = versions
        self._deletes = [*deletes.items()]

    @overload
    def __getitem__(self, index: int) -> Mutation[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mutation[Any]]: ...
    def __getitem__(self, index: int | slice) -> Mutation[Any] | Sequence[Mutation[Any]]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if index < len(self._puts):
            record = self._puts[index]
            return self._desk._put(record, self._versions.get(record.address, ABSENT))
        address, version = self._deletes[index - len(self._puts)]
        return Delete(self._desk._absolute(address), cast("int", version))

    def __len__(self) -> int:
        return len(self._puts) + len(self._deletes)
