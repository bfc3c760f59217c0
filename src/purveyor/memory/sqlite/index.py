"""The index of words as a whole: whether every item is in it, given up, and made anew.

The file says so itself, since its processes need not agree about whether items are to be found by text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.memory.sqlite.text import text_of
from purveyor.memory.values import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

__all__ = ["give_up", "is_complete", "rebuild"]

_IS_COMPLETE = "SELECT indexed FROM sequence"
_NOT_COMPLETE = "UPDATE sequence SET indexed = 0 WHERE indexed RETURNING indexed"
_COMPLETE = "UPDATE sequence SET indexed = 1"
_EMPTY = "INSERT INTO words (words) VALUES ('delete-all')"
_ADD = "INSERT INTO words (rowid, body) VALUES (?, ?)"
_ITEMS = "SELECT id, value FROM items ORDER BY id"


def is_complete(connection: apsw.Connection) -> bool:
    """Whether the index has the words of every item."""
    ((complete,),) = connection.execute(_IS_COMPLETE).fetchall()
    return bool(complete)


def give_up(connection: apsw.Connection) -> None:
    """Empty an index that is complete, and mark it as incomplete. To be called inside a transaction."""
    if connection.execute(_NOT_COMPLETE).fetchall():
        connection.execute(_EMPTY)


def rebuild(connection: apsw.Connection) -> None:
    """Make an index that is incomplete complete, whatever is in it. To be called inside a transaction."""
    if not is_complete(connection):
        connection.execute(_EMPTY)
        connection.executemany(_ADD, _texts(connection))
        connection.execute(_COMPLETE)


def _texts(connection: apsw.Connection) -> Iterator[tuple[int, str]]:
    """Those of all items, one by one, since they need not fit into memory together."""
    for row, value in connection.execute(_ITEMS):
        if text := text_of(decode(str(value))):
            yield int(str(row)), text
