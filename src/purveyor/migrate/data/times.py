"""Times as legacy stores spell them: ISO 8601 with or without an offset, or seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from purveyor.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["Clockwork", "zone_of"]

#: The years 1 and 9999, beyond which `datetime` cannot tell a time; later numbers are milliseconds anyway.
_FIRST, _LAST = -62_135_596_800, 253_402_300_799


def zone_of(name: str | None) -> tzinfo | None:
    """The time zone of a name such as ``"Europe/Berlin"``; None for that of this machine, ``"local"``.

    Raises:
        InvalidInputError: There is none of this name.
    """
    if name is None or name == "local":
        return None
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        advice = 'use a name of the IANA database, such as "Europe/Berlin", or "UTC", or "local"'
        raise InvalidInputError("timezone", f"{name!r:.80} is no time zone", advice) from None


class Clockwork:
    """Reads and writes times, and counts those that needed an interpretation.

    Args:
        zone: Where times without an offset were written; None for the zone of this machine.
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self.zone = zone
        self.naive = 0  #: How many had no offset.
        self.ambiguous = 0  #: How many of those stood twice on the clock, or never, as it was changed.

    def read(self, value: Any, *, late: bool = False) -> float:
        """A moment in seconds since the epoch.

        Args:
            value: A text, a number, or a `datetime`.
            late: Of two moments that a text may mean take the later one; nothing may expire early.

        Raises:
            ValueError: It is none; the text says why.
        """
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not _FIRST <= value <= _LAST:
                raise ValueError("is no time in seconds since the epoch")
            return float(value)
        moment = value
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                raise ValueError("is no time in ISO 8601") from None
        if not isinstance(moment, datetime):
            raise ValueError("is no time")  # noqa: TRY004 - it is the data that is wrong
        try:
            seconds = moment.timestamp() if moment.tzinfo is not None else self._read_naive(moment, late=late)
        except (OverflowError, OSError, ValueError):
            seconds = -inf
        if not _FIRST <= seconds <= _LAST:
            raise ValueError("lies beyond all calendars")
        return seconds

    def write(self, seconds: float, like: Any) -> Any:
        """A moment, spelled as the store spells others.

        Args:
            seconds: Since the epoch.
            like: How another one is spelled; None where there is none.

        Raises:
            ValueError: It cannot be spelled; the text says why.
        """
        if not _FIRST <= seconds <= _LAST:
            raise ValueError("lies beyond all calendars")
        if isinstance(like, int) and seconds == int(seconds):
            return int(seconds)
        if isinstance(like, (int, float)):
            return seconds
        if isinstance(like, datetime):
            return self._at(seconds, like)
        text = like if isinstance(like, str) else ""
        try:
            example = datetime.fromisoformat(text)
        except ValueError:
            example = datetime(1970, 1, 1)
        is_usual = (
            text[:10] == example.date().isoformat() and len(text) > 10
        )  # 20240301T100000 is ISO 8601 as well
        written = self._at(seconds, example).isoformat(sep=text[10] if is_usual else "T")
        return written.removesuffix("+00:00") + "Z" if text.endswith("Z") else written

    @property
    def notes(self) -> list[str]:
        """What had to be interpreted."""
        notes: list[str] = []
        if self.naive:
            zone = self.zone or "this machine's zone"
            notes.append(f"{self.naive} times say no zone, and were read in {zone}")
        if self.ambiguous:
            notes.append(
                f"{self.ambiguous} of them fall into an hour that the clock shows twice or skips: the earlier "
                "reading was taken, and for an expiry the later"
            )
        return notes

    def _read_naive(self, moment: datetime, *, late: bool) -> float:
        readings = sorted(moment.replace(tzinfo=self.zone, fold=fold).timestamp() for fold in (0, 1))
        self.naive += 1
        self.ambiguous += readings[0] != readings[1]
        return readings[late]

    def _at(self, seconds: float, like: datetime) -> datetime:
        zone = like.tzinfo if like.tzinfo is not None else self.zone
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        try:
            return moment.astimezone(zone).replace(tzinfo=like.tzinfo, fold=0)
        except OverflowError:
            raise ValueError("lies beyond all calendars") from None
