"""Calls are taken from tests as far as they are written out."""

from __future__ import annotations

import textwrap
import warnings
from typing import Any

import pytest

from purveyor.migrate.verify import parsing
from purveyor.migrate.verify.literals import calls_in_tests, required_settings
from purveyor.migrate.verify.parsing import parsed


def read(source: str, *names: str) -> dict[str, list[dict[str, Any]]]:
    return calls_in_tests([textwrap.dedent(source).encode()], names or ("Store",))


def arguments(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"args": list(args), "kwargs": kwargs}


def call(method: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"method": method, **arguments(*args, **kwargs)}


def test_an_object_and_what_is_called_on_it() -> None:
    found = read(
        """
        async def test_it():
            size: int = -3
            key = "k"
            store = Store({"path": "x", 1: (1, 2), "s": {1}}, size=size)
            await store.initialize()
            await store.put(key, b"ab", **{"ttl": 1.5})
            assert (await store.get(key)) == b"ab"
            store._private(1)
            store.get(unknown)
            key = unknown()
            store.get(key)
            other(1)
            same = store
            same.delete("k")
        """
    )
    table = [
        ["path", "x"],
        [1, {"$call": "builtins:tuple", "args": [[1, 2]]}],
        ["s", {"$call": "builtins:set", "args": [[1]]}],
    ]
    data = {"$call": "builtins:bytes.fromhex", "args": ["6162"]}
    assert found["Store"] == [
        {
            "build": arguments({"$call": "builtins:dict", "args": [table]}, size=-3),
            "calls": [call("initialize"), call("put", "k", data, ttl=1.5), call("get", "k"), call("delete", "k")],
        }
    ]  # fmt: skip


def test_fixtures_and_set_up() -> None:
    found = read(
        """
        import unittest, pytest

        @pytest.fixture()
        def store(tmp_path):
            made = Store(tmp_path / "a" / "b")
            yield made

        @pytest.fixture
        def given():
            return Store(1)

        def helper(store): store.get("never")
        def test_one(store, monkeypatch): store.get("one")
        def test_two(given): given.get("two")

        class TestIt(unittest.TestCase):
            async def asyncSetUp(self):
                self.store = Store(2)
            def test_three(self):
                self.store.get("three")

        def test_four():
            with Store(4) as store, other():
                store.get("four")
        """
    )
    assert found["Store"] == [
        {"build": arguments({"$path": "a/b"}), "calls": [call("get", "one")]},
        {"build": arguments(1), "calls": [call("get", "two")]},
        {"build": arguments(4), "calls": [call("get", "four")]},
        {"build": arguments(2), "calls": [call("get", "three")]},
    ]


def test_what_tests_import_can_be_called() -> None:
    found = read(
        """
        import pkg.configs, os
        import pkg.other as short
        from pkg.configs import Config, Kind as K
        from . import nothing
        def test_it(tmpdir):
            Store(Config(path=str(tmpdir)), pkg.configs.Inner(1), short.make(K.of("x")), Path("x"))
            Store(pkg.configs.Outer.Inner(Config("a")))
        def test_bare(): store = Store(os())
        def test_made(tmp_path):
            store = Store(Config(Path(tmp_path)), pkg.configs.Inner(1), short.make(K.of("x")))
        """
    )
    assert found["Store"] == [
        {
            "build": arguments(
                {"$call": "pkg.configs:Config", **arguments({"$path": ""})},
                {"$call": "pkg.configs:Inner", **arguments(1)},
                {"$call": "pkg.other:make", **arguments({"$call": "pkg.configs:Kind.of", **arguments("x")})},
            ),
            "calls": [],
        }
    ]


def test_what_is_not_written_out_is_left_out() -> None:
    found = read(
        """
        def test_it(tmp_path, n):
            a = Store(n)
            b = Store(-n)
            c = Store(-"x")
            d = Store(**n)
            d = Store(**{1: 2})
            e = Store({**n})
            f = Store(unknown(1))
            g = Store(...)
            h = Store(tmp_path / n)
            i = Store(tmp_path / "../x")
            j = Store(1 / 2)
            k = Store(n + 1)
            l = Store(*n)
            m = Store({"$path": "x"})
        """
    )
    assert [each["build"] for each in found["Store"]] == [
        arguments({"$call": "builtins:dict", "args": [[["$path", "x"]]]})
    ]
    assert read("def test_it(") == {"Store": []}
    assert read("class TestIt:\n    x = 1\ndef test_it(): x: int\n") == {"Store": []}


def test_each_series_counts_once_and_there_is_a_bound() -> None:
    many = "".join(f"def test_{n}():\n    s = Store({n // 2})\n" for n in range(40))
    assert [each["build"]["args"] for each in read(many)["Store"]] == [[n] for n in range(8)]


def test_what_a_generated_config_must_be_given() -> None:
    source = """
    class Config:
        a: int
        b: str | None
        c: int = 1
        d = 2
        self.e: int
    class Thing:
        @classmethod
        def from_config(cls, config: "Config"): ...
        def other(self, config: Config): ...
    class Bare:
        def from_config(cls, config): ...
    class Imported:
        def from_config(cls, config: Elsewhere): ...
    """
    found = required_settings(textwrap.dedent(source).encode())
    assert found == {"Thing": {"a": "int", "b": "str | None"}, "Imported": {}}
    assert required_settings(b"class C(") == {}


def test_what_nests_too_deep_is_no_call() -> None:
    deep = "+".join(["x"] * 600)
    found = read(f"def test_one():\n    Store(1).get()\n    store = Store(2)\n\ndef test_two():\n    a = {deep}\n")
    assert [each["build"] for each in found["Store"]] == [arguments(2)]
    config = f"class C:\n    a: {deep}\n\nclass S:\n    @classmethod\n    def from_config(cls, config: C): ...\n"
    assert required_settings(config.encode()) == {}
    assert required_settings(config.replace(deep, "int").encode()) == {"S": {"a": "int"}}


@pytest.mark.parametrize("expression", ["-" * 100_000 + "1", "a" + ".b" * 100_000, "(" * 300])
def test_what_no_parser_takes_holds_no_calls(expression: str) -> None:
    source = f"x = {expression}\n".encode()
    assert parsed(source) is None
    assert calls_in_tests([source], ["Store"]) == {"Store": []}
    assert required_settings(source) == {}


def test_a_file_is_read_in_silence_and_not_if_it_is_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert parsed(b"x = '\\d'\n")
    assert told == []
    monkeypatch.setattr(parsing, "MAX_BYTES", 5)
    assert parsed(b"x = 1\n") is None
    assert parsed(b"x = 1")
