"""Every key of a TOML text has a place."""

from __future__ import annotations

import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.config import ConfigSource, load_config, positions
from purveyor.config.positions import key_positions
from purveyor.config.tree import dotted
from purveyor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = (
    """\
# comment
top = 1  # é
"quoted key"."x.y" = { inner = [ { deep = 1 }, 2 ], 'lit' = 1 }
[a.b] # comment
  # comment
  c.d = 1
"é" = 1; """.removesuffix("; ")
    + """
[a."b c"]
x = [
  # comment
  1,
  [ 2, 3 ], ]
[[list]]
x = 1
[[list]]
x = 2
[list.sub]
y = 1
[[list.sub.more]]
z = 1
[a]
late = 1
"""
)


def paths(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from paths(child, (*path, key))


def test_each_kind_of_key() -> None:
    found = key_positions(TEXT)
    assert set(found) == set(paths(tomllib.loads(TEXT)))
    assert {dotted(path): place for path, place in found.items()} == {
        "top": (2, 1),
        '"quoted key"': (3, 1),
        '"quoted key"."x.y"': (3, 1),
        '"quoted key"."x.y".inner': (3, 24),
        '"quoted key"."x.y".inner[0]': (3, 34),
        '"quoted key"."x.y".inner[0].deep': (3, 36),
        '"quoted key"."x.y".inner[1]': (3, 48),
        '"quoted key"."x.y".lit': (3, 53),
        "a": (4, 2),
        "a.b": (4, 2),
        "a.b.c": (6, 3),
        "a.b.c.d": (6, 3),
        'a.b."é"': (7, 1),
        'a."b c"': (8, 2),
        'a."b c".x': (9, 1),
        'a."b c".x[0]': (11, 3),
        'a."b c".x[1]': (12, 3),
        'a."b c".x[1][0]': (12, 5),
        'a."b c".x[1][1]': (12, 8),
        "list": (13, 3),
        "list[0]": (13, 3),
        "list[0].x": (14, 1),
        "list[1]": (15, 3),
        "list[1].x": (16, 1),
        "list[1].sub": (17, 2),
        "list[1].sub.y": (18, 1),
        "list[1].sub.more": (19, 3),
        "list[1].sub.more[0]": (19, 3),
        "list[1].sub.more[0].z": (20, 1),
        "a.late": (22, 1),
    }


def test_columns_count_characters() -> None:
    assert key_positions('x = { "äöü" = 1, b = 2 }')[("x", "b")] == (1, 18)


keys = st.text(min_size=1, max_size=5)
trees = st.recursive(
    st.integers(-9, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {written(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower()


def quoted(key: str) -> str:
    return (
        '"'
        + "".join(
            f"\\U{ord(each):08x}" if each in '"\\' or ord(each) < 32 or each == "\x7f" else each for each in key
        )
        + '"'
    )


@settings(deadline=None)
@given(st.dictionaries(keys.filter(lambda key: key.isprintable()), trees, max_size=4))
def test_every_key_of_any_text_is_found(tree: dict[str, Any]) -> None:
    text = "".join(f"{quoted(key)} = {written(value)}\n" for key, value in tree.items())
    assert set(key_positions(text)) == set(paths(tomllib.loads(text)))


def test_a_valid_configuration_never_needs_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("purveyor.config.positions", "tree_sitter", "tree_sitter_toml"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    source = ConfigSource({"providers": {"a": {"driver": "tests.config.drivers:NoConfig"}}})
    assert load_config(source.tree).names == ("a",)
    assert "tree_sitter" not in sys.modules


def test_dotted_quotes_what_needs_it() -> None:
    assert dotted(("a", 'b"c\\', 0, "", "d-e_1")) == 'a."b\\"c\\\\"[0]."".d-e_1'
    assert dotted(()) == ""


def test_several_problems_parse_the_text_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[str] = []

    def counted(text: str) -> dict[tuple[str | int, ...], tuple[int, int]]:
        calls.append(text)
        return key_positions(text)

    monkeypatch.setattr(positions, "key_positions", counted)
    (tmp_path / "p.toml").write_text("a = 1\nb = 2")
    with pytest.raises(ConfigError, match=r"p\.toml:2:1 b"):
        load_config(tmp_path / "p.toml")
    assert len(calls) == 1


def test_without_the_parser_problems_lose_only_their_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "purveyor.config.positions")
    monkeypatch.setitem(sys.modules, "tree_sitter_toml", None)
    (tmp_path / "p.toml").write_text("[provider]")
    with pytest.raises(ConfigError, match=r"p\.toml provider: unknown key; did you mean 'providers'"):
        load_config("p.toml")
