"""Text search: what a query means, what a hit shows, and that the index never drifts from the items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purveyor.errors import InvalidInputError
from purveyor.memory.sqlite.text import match_expression, text_of
from tests.memory.conftest import sqlite

if TYPE_CHECKING:
    from pathlib import Path

    from purveyor.memory import SQLiteMemory
    from tests.memory.conftest import Clock


async def keys_of(notes: SQLiteMemory, query: str, **options: Any) -> list[str]:
    return [hit.item.key for hit in await notes.search(query, **options)]


async def test_words_phrases_and_exclusions(notes: SQLiteMemory) -> None:
    await notes.put_many(
        {
            "dawn": {"text": "The ship sails at dawn", "page": 1},
            "dusk": {"text": "Ships sailed at dusk", "page": 2},
            "port": ["in the port", {"deep": "no vessel at dawn"}],
            "accent": "Un café à Orléans",
            "hyphen": "a state-of-the-art craft",
            "number": 42,
        }
    )
    assert sorted(await keys_of(notes, "sailing ship")) == ["dawn", "dusk"]
    assert await keys_of(notes, "SAILING -dusk") == ["dawn"]
    assert await keys_of(notes, '"at dawn" ship') == ["dawn"]
    assert sorted(await keys_of(notes, '-"at dusk" at')) == ["dawn", "port"]
    assert await keys_of(notes, "cafe orleans") == ["accent"]
    assert await keys_of(notes, "state-of-the-art") == ["hyphen"]
    assert await keys_of(notes, '"no vessel') == ["port"]
    assert await keys_of(notes, "deep") == [], "names of members are no text"
    assert await keys_of(notes, "42") == []
    assert await keys_of(notes, "ship", where={"page": {"$gt": 1}}) == ["dusk"]
    assert await keys_of(notes, "ship dawn", namespace=("x",)) == []


@pytest.mark.parametrize("query", ["", "   ", "-ship", '""', "!!! ...", "-", '"', "*", "\0", '- "" -""'])
async def test_a_text_without_a_word_to_look_for_finds_nothing(notes: SQLiteMemory, query: str) -> None:
    await notes.put("k", "ship")
    page = await notes.search(query)
    assert len(page) == 0
    assert page.cursor is None


SYNTAX = [
    'ship"',
    "ship OR",
    "NEAR(ship, 2)",
    "body:ship",
    "ship*",
    "^ship",
    "{body}: ship",
    "(ship",
    "ship AND NOT",
]


@pytest.mark.parametrize("query", [*SYNTAX, "'; DROP TABLE items; --", "a" * 10_000, "\u0300", "𐐷", "ship\0dawn"])
async def test_a_query_is_never_syntax(notes: SQLiteMemory, query: str) -> None:
    await notes.put_many({"a": "ship near body or and not 2", "b": "ship", "c": "drop table items"})
    hits = await notes.search(query)
    assert all("ship" in str(hit.item.value) or "drop" in str(hit.item.value) for hit in hits)
    assert await notes.count() == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(query=st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"-*():^{}+ \0')))
def test_no_query_is_an_error_of_fts5(query: str) -> None:
    connection = _fts5()
    if (expression := match_expression(query)) is not None:
        connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (expression,)).fetchall()


_connection: list[apsw.Connection] = []


def _fts5() -> apsw.Connection:
    if not _connection:
        _connection.append(apsw.Connection(":memory:"))
        _connection[0].execute("CREATE VIRTUAL TABLE words USING fts5 (body)")
        _connection[0].execute("INSERT INTO words VALUES ('some text')")
    return _connection[0]


async def test_too_many_words_are_refused_and_many_are_not(notes: SQLiteMemory) -> None:
    await notes.put("k", " ".join(f"w{number}" for number in range(256)))
    assert await keys_of(notes, " ".join(f"w{number}" for number in range(256))) == ["k"]
    assert await keys_of(notes, "w1 " + " ".join(f"-x{number}" for number in range(255))) == ["k"]
    with pytest.raises(InvalidInputError, match="query: has more than 256 words"):
        await notes.search(" ".join(f"w{number}" for number in range(257)))


async def test_hits_are_ranked_and_show_the_place(notes: SQLiteMemory) -> None:
    filler = "nothing to see here " * 100
    await notes.put("much", "ship ship ship")
    await notes.put("some", {"long": filler + "then a ship came by " + filler})
    await notes.put("none", filler)
    much, some = await notes.search("ships")
    assert (much.item.key, some.item.key) == ("much", "some")
    assert much.score > some.score > 0
    assert "**ship**" in some.snippet
    assert len(some.snippet) < 300
    assert some.snippet.startswith("…")


async def test_pages_of_a_search(notes: SQLiteMemory) -> None:
    await notes.put_many({f"{number:02}": "ship " * (number + 1) for number in range(10)})
    found: list[str] = []
    cursor = None
    for expected in (4, 4, 2):
        page = await notes.search("ship", limit=4, cursor=cursor)
        assert len(page) == expected
        found += [hit.item.key for hit in page]
        cursor = page.cursor
    assert cursor is None
    assert sorted(found) == [f"{number:02}" for number in range(10)]
    page = await notes.search("ship", limit=4)
    with pytest.raises(InvalidInputError, match="^cursor"):
        await notes.search("ships", limit=4, cursor=page.cursor)


async def test_the_index_follows_every_change(notes: SQLiteMemory, clock: Clock) -> None:
    await notes.put("k", "first")
    await notes.put("k", "second")
    assert await keys_of(notes, "first") == []
    assert await keys_of(notes, "second") == ["k"]
    await notes.put("k", 5)
    assert await keys_of(notes, "second") == []
    await notes.put("k", "third", ttl=1)
    clock.now += 1
    assert await keys_of(notes, "third") == []
    await notes.put("k", "fourth")
    assert await keys_of(notes, "third") == []
    await notes.clear(())
    assert await keys_of(notes, "fourth") == []


def test_the_text_of_a_value() -> None:
    assert text_of({"name": "a", "b": ["c", 1, None, {"d": "e"}, "", True]}) == "a\nc\ne"
    assert text_of("x") == "x"
    assert text_of(5) == text_of(None) == text_of([]) == ""


def words_in(path: Path) -> dict[int, set[str]]:
    """The words of the index by row, and the index's own check of itself."""
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    connection.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, words, instance)")
    rows: dict[int, set[str]] = {}
    for term, row in connection.execute("SELECT term, doc FROM vocabulary"):
        rows.setdefault(row, set()).add(term)
    connection.close()
    return rows


VALUES = st.sampled_from(["alpha beta", {"a": "beta", "b": ["gamma"]}, 5, "", ["delta"], "alpha"])
STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abc"), VALUES, st.none() | st.integers(1, 3)),
    st.tuples(st.just("delete"), st.sampled_from("abc")),
    st.tuples(st.just("clear")),
    st.tuples(st.just("sleep"), st.integers(1, 3)),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=20,
    deadline=None,
)
@given(steps=st.lists(STEPS, max_size=20))
def test_the_index_never_drifts_from_the_items(
    steps: list[Any], tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> None:
    """Whatever was done, the index has the words of the rows that are in the file, and no others."""
    import asyncio

    path = tmp_path_factory.mktemp("drift") / "notes.db"

    async def run() -> None:
        notes = sqlite(path, clock, synchronous="normal", purge_interval=0.001)
        await notes.initialize()
        for name, *arguments in steps:
            if name == "put":
                await notes.put(arguments[0], arguments[1], ttl=arguments[2])
            elif name == "delete":
                await notes.delete(arguments[0])
            elif name == "clear":
                await notes.clear(())
            else:
                clock.now += arguments[0]
        await notes.cleanup()

    asyncio.run(run())
    connection = apsw.Connection(str(path))
    rows = connection.execute("SELECT id, value FROM items").fetchall()
    connection.close()
    stems = {"alpha": "alpha", "beta": "beta", "gamma": "gamma", "delta": "delta"}
    expected = {row: {stem for word, stem in stems.items() if word in str(value)} for row, value in rows}
    assert words_in(path) == {row: words for row, words in expected.items() if words}
