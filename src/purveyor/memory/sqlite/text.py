"""Words: what of a value is searched, what a user's query means, and the place that a hit shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from purveyor.errors import InvalidInputError
from purveyor.memory.sqlite.schema import TOKENIZER

if TYPE_CHECKING:
    from collections.abc import Sequence

    import apsw

    from purveyor.memory.store import Json

__all__ = ["create_snippets", "match_expression", "snippets_of", "text_of"]

#: How many words and phrases a query may have.
MAX_TERMS = 256
#: How long a snippet is, in words.
_SNIPPET_WORDS = 24

#: A phrase in quotes (the last one may lack its end) or a run of anything but blanks, each with its "-".
_TERM = re.compile(r'(-?)(?:"([^"]*)(?:"|$)|([^\s"]+))')


def text_of(value: Json) -> str:
    """All strings of a value, in order, one a line; the names of members are no text."""
    if type(value) is str:
        return value
    strings: list[str] = []
    _gather(value, strings)
    return "\n".join(strings)


def _gather(value: Json, strings: list[str]) -> None:
    """Add the strings of a value; those that stand in it directly without a call, since most do."""
    kind: object = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list:
        return
    for member in value:
        if type(member) is str:
            if member:
                strings.append(member)
        else:
            _gather(member, strings)


def match_expression(query: str) -> str | None:
    """The FTS5 expression for what a user typed; None if there is nothing to look for.

    Every term is quoted, so that nothing in it is syntax: https://www.sqlite.org/fts5.html#fts5_strings

    Args:
        query: Words, ``"phrases"``, and both with ``-`` before them.

    Raises:
        InvalidInputError: It has too many terms.
    """
    wanted: dict[str, None] = {}
    unwanted: dict[str, None] = {}
    for minus, phrase, word in _TERM.findall(query.replace("\0", " ")):
        term = phrase or word
        if any(map(str.isalnum, term)):
            (unwanted if minus else wanted)[f'"{term}"'] = None
    if len(wanted) + len(unwanted) > MAX_TERMS:
        raise InvalidInputError("query", f"has more than {MAX_TERMS} words", "search for fewer")
    if not wanted:
        return None
    expression = " AND ".join(wanted)
    return f"({expression}) NOT ({' OR '.join(unwanted)})" if unwanted else expression


def create_snippets(connection: apsw.Connection) -> None:
    """Make the table that snippets are cut in; it is the connection's own, and empty between queries."""
    connection.execute(f"CREATE VIRTUAL TABLE temp.shown USING fts5 (body, tokenize = '{TOKENIZER}')")


def snippets_of(connection: apsw.Connection, expression: str, texts: Sequence[str]) -> list[str]:
    """The part of each text that matches best, with ``**`` around the words that do.

    The index of the items holds no text to cut from. To be called inside a transaction that is rolled back.

    Args:
        connection: A connection with the table of `create_snippets`.
        expression: What was searched for.
        texts: The texts of the hits.
    """
    connection.executemany("INSERT INTO shown (rowid, body) VALUES (?, ?)", enumerate(texts))
    found: Any = connection.execute(
        f"SELECT rowid, snippet(shown, 0, '**', '**', '…', {_SNIPPET_WORDS}) FROM shown WHERE shown MATCH ?",  # noqa: S608
        (expression,),
    )
    snippets: dict[Any, Any] = dict(found.fetchall())
    return [snippets.get(number, "") for number in range(len(texts))]
