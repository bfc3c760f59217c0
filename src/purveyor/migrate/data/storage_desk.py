"""`StorageDesk` and `ObjectDesk`: a storage as one side of a move."""

from __future__ import annotations

import hashlib
import json
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from purveyor.errors import ConflictError, DataError, InvalidInputError, MoveCollisionError
from purveyor.memory.store import Address
from purveyor.memory.values import check_namespace, encode
from purveyor.migrate.data.desk import Desk, Found
from purveyor.migrate.data.jsontext import parse
from purveyor.migrate.data.records import Blob, Record
from purveyor.storage.attributes import check_metadata
from purveyor.storage.paths import check_path

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

    from purveyor.memory.store import Namespace
    from purveyor.migrate.data.desk import Undo
    from purveyor.storage.provider import StorageProvider
    from purveyor.storage.storage import ObjectMeta

__all__ = ["ObjectDesk", "StorageDesk"]

_JSON = "application/json"
_CREATED, _UPDATED, _METADATA = "purveyor-created", "purveyor-updated", "purveyor-metadata"


class StorageDesk(Desk):
    """The objects of a storage: their bytes are the JSON of values, their attributes the times and the metadata.

    Args:
        provider: The storage, initialized.
        namespace: Where what is moved begins: the first segments of the paths.
    """

    def __init__(self, provider: StorageProvider[Any], namespace: Namespace) -> None:
        super().__init__(provider.metadata.name)
        self._provider = provider
        self._namespace = check_namespace(namespace)

    def refusal(self, record: Record) -> InvalidInputError | None:
        """Why the storage does not take a record: it has rules for paths, and nothing in it expires."""
        if record.expires is not None:
            return InvalidInputError(
                "expiry", "has no place in a storage, where nothing expires", "move it to a memory"
            )
        if any("/" in name for name in (*record.namespace, record.key)):
            return InvalidInputError(
                "key", "has a / in it, which a path takes for a folder", "move it to a memory"
            )
        try:
            check_path(self._path(record.address))
            check_metadata(_attributes(record))
        except InvalidInputError as error:
            return error
        return None

    async def get(self, addresses: Sequence[Address]) -> list[Found | None]:
        """The objects at some addresses."""
        paths = [self._path(address) for address in addresses]
        metas = await self._provider.head_many(paths)
        return [await self._found(metas[path], address) if path in metas else None
                for path, address in zip(paths, addresses, strict=True)]  # fmt: skip

    async def everything(self, *, deep: bool) -> AsyncIterator[Found]:
        """The objects below the prefix that the namespace is; those that are no JSON as well."""
        prefix = "".join(f"{segment}/" for segment in self._namespace)
        cursor: str | None = None
        while True:
            page = await self._provider.list(prefix, delimiter=None if deep else "/", cursor=cursor)
            metas = await self._provider.head_many([meta.path for meta in page])
            for path, meta in metas.items():
                *segments, key = path.removeprefix(prefix).split("/")
                yield await self._found(meta, Address(tuple(segments), key))
            cursor = page.cursor
            if cursor is None:
                return

    async def change(
        self, puts: Sequence[Record], versions: Mapping[Address, int | str], deletes: Mapping[Address, int | str]
    ) -> Undo:
        """Put and delete one object after the other; a storage has no transactions, and what fails is undone.

        Raises:
            MoveCollisionError: Something else came there meanwhile; all was undone but what the error tells of.
            DataError: The storage failed; all was undone but for bytes that were gone.
        """
        concerned = [*versions, *deletes]
        before = dict(zip(concerned, await self.get(concerned), strict=True))
        written: dict[Address, str] = {}
        gone: list[Address] = []
        stays: list[Address] = []  # the bytes of that are gone; the next run goes on from here

        async def bring_back(address: Address, etag: str | None) -> None:
            found = before[address]
            record = None if found is None else found.record
            if record is None or isinstance(record.value, Blob):
                stays.append(address)
                return
            with suppress(ConflictError):  # what others have put there since is theirs
                await self._write(record, etag)

        async def undo() -> None:
            for address, etag in written.items():
                if address in versions:
                    await bring_back(address, etag)
                else:
                    with suppress(ConflictError):
                        await self._delete(address, etag)
            for address in gone:
                await bring_back(address, None)

        try:
            for record in puts:
                written[record.address] = (await self._write(record, versions.get(record.address))).etag
            for address, version in deletes.items():
                await self._delete(address, version)
                gone.append(address)
        except DataError as error:
            await undo()
            if isinstance(error, ConflictError):
                raise MoveCollisionError(self.label, [error.target], map(str, stays)) from None
            raise
        return undo

    async def _delete(self, address: Address, version: int | str) -> None:
        """Delete what has a version. No storage has a condition for that, so that it is looked at just before."""
        path = self._path(address)
        there = (await self._provider.head_many([path])).get(path)
        if there is None or there.etag != version:
            raise ConflictError(path, version, None if there is None else there.etag)
        await self._provider.delete(path)

    async def _write(self, record: Record, version: int | str | None) -> ObjectMeta:
        text = encode(record.value, "value", 2**63)[1]
        conditions: dict[str, Any] = {"if_none_match": "*"} if version is None else {"if_match": version}
        return await self._provider.put(
            self._path(record.address),
            text.encode(),
            content_type=_JSON,
            metadata=_attributes(record),
            **conditions,
        )

    async def _found(self, meta: ObjectMeta, address: Address) -> Found:
        """The record that an object is; times that it has no attributes for are those of the object."""
        own = meta.metadata
        if meta.content_type != _JSON:
            return Found(address, None, meta.etag)
        try:
            text = (await self._provider.get(meta.path, if_match=meta.etag)).decode()
            value, end = parse(text)
            metadata: Any = json.loads(own.get(_METADATA, "{}"))
            created = float(own.get(_CREATED, meta.modified))
            updated = float(own.get(_UPDATED, meta.modified))
            if text[end:].strip():
                raise ValueError
        except (ValueError, RecursionError):
            return Found(address, None, meta.etag)
        record = Record(address.key, value, metadata, created, updated, None, address.namespace)
        return Found(address, record, meta.etag)

    def _path(self, address: Address) -> str:
        return "/".join((*self._namespace, *address.namespace, address.key))


class ObjectDesk(StorageDesk):
    """The objects of a storage as bytes, with content type and metadata: for the way between two storages."""

    def refusal(self, record: Record) -> InvalidInputError | None:
        """Why the storage does not take an object: its path may get too long."""
        try:
            check_path(self._path(record.address))
        except InvalidInputError as error:
            return error
        return None

    async def _write(self, record: Record, version: int | str | None) -> ObjectMeta:
        blob: Blob = record.value
        conditions: dict[str, Any] = {"if_none_match": "*"} if version is None else {"if_match": version}
        async with aclosing(blob.stream()) as chunks:
            return await self._provider.put(
                self._path(record.address),
                chunks,
                content_type=blob.content_type,
                metadata=blob.attributes,
                **conditions,
            )

    async def _found(self, meta: ObjectMeta, address: Address) -> Found:
        def stream() -> AsyncGenerator[bytes]:
            return self._provider.stream(meta.path, if_match=meta.etag)

        whole = hashlib.sha256(json.dumps([meta.content_type, meta.metadata], sort_keys=True).encode())
        async with aclosing(stream()) as chunks:
            async for chunk in chunks:
                whole.update(chunk)
        blob = Blob(meta.path, meta.etag, whole.hexdigest(), stream, meta.content_type, meta.metadata)
        record = Record(address.key, blob, {}, meta.modified, meta.modified, None, address.namespace)
        return Found(address, record, meta.etag)


def _attributes(record: Record) -> dict[str, str]:
    attributes = {_CREATED: repr(record.created), _UPDATED: repr(record.updated)}
    return attributes | ({_METADATA: json.dumps(record.metadata)} if record.metadata else {})
