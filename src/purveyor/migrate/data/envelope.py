"""The object that the legacy stores keep around a value: when it was made, when it expires, what belongs to it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from purveyor.errors import InvalidInputError
from purveyor.memory.values import check_address, encode
from purveyor.migrate.data.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from purveyor.migrate.data.times import Clockwork

__all__ = ["Envelopes", "RefusedError", "check_record"]

_FIELDS = ("key", "value", "created_at", "updated_at", "expires_at", "metadata", "ttl")


class RefusedError(Exception):
    """An entry cannot be carried exactly: what is wrong, and what to do."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice


class Envelopes:
    """Reads the envelopes of one store, and writes new ones as that store writes them.

    Args:
        clockwork: Reads and writes times.
        usual: The fields of an envelope where the store has none to learn from.
    """

    def __init__(self, clockwork: Clockwork, usual: tuple[str, ...]) -> None:
        self._clockwork = clockwork
        self._usual: dict[str, Any] = dict.fromkeys(usual)
        self._has_learnt = False
        self.untimed = 0  #: How many had no time of creation.

    def read(self, body: object, key: str | None, modified: float) -> Record:
        """The record in an envelope.

        Args:
            body: The envelope.
            key: The key it stands under; None where only the envelope itself says it.
            modified: When its file was written, in seconds since the epoch: what an entry without a time gets.

        Raises:
            RefusedError: Something of it would be lost.
        """
        if not isinstance(body, dict) or "value" not in body:
            raise RefusedError("is no entry: an object with a value is one", "see whether this is a legacy store")
        fields: dict[Any, Any] = body
        if unknown := [name for name in fields if name not in _FIELDS]:
            raise RefusedError(
                f"has the field {unknown[0]!r:.80}, which items do not have",
                "move it into metadata, or take it out",
            )
        own = fields.get("key", key)
        if not isinstance(own, str) or (key is not None and own != key):
            raise RefusedError(f"says that its key is {own!r:.80}", "give it one key, a string")
        metadata = fields.get("metadata")
        created = self._time(fields, "created_at")
        if created is None:
            if fields.get("ttl") is not None:
                raise RefusedError(
                    "has a ttl, and no created_at that it counts from", "add created_at, or expires_at"
                )
            created = modified
            self.untimed += 1
        updated = self._time(fields, "updated_at")
        expires = self._time(fields, "expires_at", late=True)
        if expires is None and fields.get("ttl") is not None:
            expires = created + _seconds(fields["ttl"])
        record = Record(
            own,
            fields["value"],
            {} if metadata is None else metadata,
            created,
            created if updated is None else updated,
            expires,
        )
        check_record(record)
        if not self._has_learnt:
            self._has_learnt, self._usual = True, fields
        return record

    def write(self, record: Record, body: Mapping[str, Any] | None, before: Record | None) -> dict[str, Any]:
        """The envelope of a record that has changed, or is new.

        Args:
            record: The record.
            body: The envelope that it had.
            before: What that one said. Fields whose meaning is the same keep their spelling.

        Raises:
            RefusedError: One of its times cannot be spelled.
        """
        changed: dict[str, Any] = dict.fromkeys(self._usual) if body is None else dict(body)

        def differs(mine: object, yours: object) -> bool:
            return before is None or _text(mine) != _text(yours)

        for name in ("created_at", "updated_at", "expires_at"):
            moment = getattr(record, name.removesuffix("_at"))
            if name in changed and differs(moment, getattr(before, name.removesuffix("_at"), None)):
                like = next((one for one in (changed[name], self._usual.get(name)) if one is not None), None)
                like = self._usual.get("created_at") if like is None else like
                changed[name] = None if moment is None else self._spelled(name, moment, like)
        moved = before is None or differs(record.expires, before.expires)
        if moved and ("ttl" in changed or (record.expires is not None and "expires_at" not in changed)):
            changed["ttl"] = None if record.expires is None else _number(_seconds(record.expires - record.created))
        if "key" in changed:
            changed["key"] = record.key
        if differs(record.value, before and before.value):
            changed["value"] = record.value
        if differs(record.metadata, before and before.metadata) and (record.metadata or "metadata" in changed):
            changed["metadata"] = record.metadata
        return changed

    def _time(self, fields: dict[Any, Any], name: str, *, late: bool = False) -> float | None:
        value = fields.get(name)
        if value is None:
            return None
        try:
            return self._clockwork.read(value, late=late)
        except ValueError as error:
            advice = "write it in ISO 8601, or in seconds since the epoch"
            raise RefusedError(f"its {name}, {value!r:.80}, {error}", advice) from None

    def _spelled(self, name: str, moment: float, like: object) -> Any:
        try:
            return self._clockwork.write(moment, like)
        except ValueError as error:
            raise RefusedError(f"its {name}, {moment!r}, {error}", "give it another one, or none") from None


def check_record(record: Record) -> None:
    """See that memories keep a record as it is; how large it may be is asked of the target.

    Raises:
        RefusedError: They do not.
    """
    try:
        check_address(record.namespace, record.key)
        encode(record.value, "value", sys.maxsize)
        if not isinstance(record.metadata, dict):
            raise InvalidInputError("metadata", "is no object", "put it into one")
        encode(record.metadata, "metadata", sys.maxsize)
    except InvalidInputError as error:
        raise RefusedError(f"its {error.argument} {error.problem}", error.advice or "mend it") from None


def _seconds(ttl: object) -> float:
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not abs(ttl) < 10**11:
        raise RefusedError(f"its ttl, {ttl!r:.80}, is no number of seconds", "write a number, or null for none")
    return float(ttl)


def _number(seconds: float) -> float:
    rounded = round(seconds, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _text(value: object) -> str:
    return json.dumps(round(value, 6) if isinstance(value, float) else value, sort_keys=True)
