"""Which keys are read, which of them must be there, and when that cannot be told."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from purveyor.migrate.rewrite.keys import Function, KeysRead, keys_read


def read(body: str, *methods: str) -> KeysRead:
    source = "def __init__(self, config):\n" + indent(dedent(body).strip(), "    ")
    parsed = [ast.parse(dedent(each).strip()).body[0] for each in (source, *methods)]
    functions = [each for each in parsed if isinstance(each, Function)]
    return keys_read([(functions[0], "config")], functions[1:])


@pytest.mark.parametrize(
    ("body", "required"),
    [
        ("self.a = config['a']", True),
        ("self.a = f(config['a'])[0]", True),
        ("if config['a']:\n    pass", True),
        ("for each in config['a']:\n    pass", True),
        ("while config['a']:\n    break", True),
        ("match config['a']:\n    case _:\n        pass", True),
        ("self.a = config['a'] or 3", True),
        ("self.a = config['a'] if self else 3", False),
        ("self.a = config.pop('a')", True),
        ("self.b = [each for each in config['a']]", True),
        ("self.b = {each for each in config['a']}", True),
        ("self.b = {each: 1 for each in config['a']}", True),
        ("self.b = list(each for each in config['a'])", True),
        ("self.b = lambda value=config['a']: value", True),
        ("def inner(value=config['a'], *, other=config['a'], more):\n    pass", True),
        ("self.b = lambda value, *, other=config['a'], more: value", True),
        ("self.a = self or config['a']", False),
        ("if self:\n    self.a = config['a']", False),
        ("if self:\n    pass\nelse:\n    self.a = config['a']", False),
        ("for each in self:\n    self.a = config['a']", False),
        ("while self:\n    self.a = config['a']", False),
        ("match self:\n    case 1:\n        self.a = config['a']", False),
        ("try:\n    self.a = config['a']\nexcept KeyError:\n    self.a = 3", False),
        ("with suppress(KeyError):\n    self.a = config['a']", False),
        ("if self:\n    return\nself.a = config['a']", False),
        ("self.a = lambda: config['a']", False),
        ("def inner():\n    return config['a']", False),
        ("class Inner:\n    a = config['a']", False),
        ("self.b = [config['a'] for each in self]", False),
        ("config['a'] = 3\nself.a = config['a']", False),
        ("config.setdefault('a', 3)\nself.a = config['a']", False),
        ("if 'a' in config:\n    pass\nself.a = config['a']", False),
        ("config = config or {'a': 1}\nself.a = config['a']", False),
        ("config = config or {}\nself.a = config['a']", True),
        ("config = config if config is not None else dict()\nself.a = config['a']", True),
    ],
)
def test_a_key_is_required_if_it_is_always_read(body: str, required: bool) -> None:
    found = read(body)
    assert found.open is None
    assert found.keys["a"].required is required
    assert len(found.keys) == 1


def test_a_key_that_only_other_methods_read_may_be_missing() -> None:
    found = read("self.config = config", "async def get(self):\n    return self.config['a']")
    assert not found.keys["a"].required
    assert found.keys["a"].defaults == {"None"}


def test_a_default_beside_a_read_without_one_is_not_written_down() -> None:
    found = read("self.a = config.get('a', 1)\nself.given = 'a' in config")
    assert found.keys["a"].defaults == {"1", "None"}


@pytest.mark.parametrize(
    "body",
    [
        "self.f = lambda config: config['a']",
        "self.f = lambda *, config: config['a']",
        "def inner(config):\n    return config['a']",
        "async def inner(*config):\n    return config['a']",
        "def inner():\n    config = load()\n    return config['a']",
        "def inner():\n    def more():\n        return config['a']\n    config = load()",
        "self.b = [config['a'] for config in self]",
        "self.b = {config['a']: 1 for config in self}",
        "self.b = {config['a'] for config in self}",
        "self.b = list(config['a'] for config in self)",
    ],
)
def test_a_name_that_an_inner_scope_binds_is_another(body: str) -> None:
    found = read(body)
    assert (found.keys, found.open) == ({}, None)


def test_a_scope_that_says_so_shares_the_name() -> None:
    body = "def inner():\n    nonlocal config\n    config = load()"
    assert read(body).open == 4


def test_what_a_scope_further_in_binds_does_not_count() -> None:
    assert "a" in read("def inner():\n    f = lambda config: 1\n    return config['a']").keys


@pytest.mark.parametrize(
    "body",
    [
        "config = config.get('local', {})",
        "config, other = config['a'], 1",
        "for config in self:\n    pass",
        "with open('x') as config:\n    pass",
        "config |= self.defaults",
        "del config",
        "config.update(a=1)",
        "self.config = config\nself.config = json.loads(config['a'])",
        "self.config = config\nself.config |= self.defaults",
        "self.config = config\nself.config, self.b = load()",
        "config = {'a': 1}",
        "config: dict = load()",
    ],
)
def test_where_something_else_takes_its_name_there_may_be_more_keys(body: str) -> None:
    assert read(body).open is not None


@pytest.mark.parametrize(
    "body",
    [
        "if config is None:\n    config = {}",
        "self.config = None\nself.config = config",
        "self.config: dict\nself.config = config",
        "self.config = config\nself.config = Model(**config)",
    ],
)
def test_where_nothing_or_what_is_made_of_it_takes_its_name_there_are_not(body: str) -> None:
    assert read(body).open is None


def test_what_another_method_puts_in_its_place_counts() -> None:
    found = read("self.config = config", "async def load(self):\n    self.config = await fetch()")
    assert found.open == 2


def test_a_conversion_is_told_from_an_annotation() -> None:
    found = read("self.a = int(config['a'])\nself.b: int = config['b']\nself.c: str = str(config['c'])")
    assert [(each.annotation, each.converted) for each in found.keys.values()] == [
        ("int", True),
        ("int", False),
        ("str", True),
    ]


def test_a_property_that_gives_the_dictionary_is_the_dictionary() -> None:
    found = read(
        "self._config = config",
        "@property\ndef options(self):\n    return self._config",
        "@property\ndef other(self):\n    return 3",
        "async def get(self):\n    return self.options['a'], self.other['b']",
    )
    assert (list(found.keys), found.open) == (["a"], None)


@pytest.mark.parametrize(
    "body", ["assert isinstance(config, dict)", "if config:\n    pass", "self.kept['x'] = config", "return config"]
)
def test_what_looks_at_the_dictionary_reads_no_keys(body: str) -> None:
    assert (read(body).keys, read(body).open) == ({}, None)


def test_what_is_made_of_something_else_is_none_of_the_dictionary() -> None:
    found = read("self.a = Model.parse_obj(self.b)", "def more(self):\n    self.b = int(3)")
    assert (found.coerced, found.keys, found.open) == (None, {}, None)


def test_the_first_type_that_is_told_of_a_key_counts() -> None:
    found = read("self.a = int(config['a'])\nself.b = str(config['a'])")
    assert found.keys["a"].annotation == "int"
