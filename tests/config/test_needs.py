"""The needs of a configuration's providers: all that is wrong with them, each at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from purveyor.config import SystemConfig, load_config
from purveyor.errors import ConfigError, NeedFailedError
from purveyor.lifecycle.graph import Edge

Problems = Callable[..., list[str]]
Load = Callable[..., SystemConfig]

MISSING = "tests.config.needs_missing:X"


def loaded(**providers: dict[str, Any]) -> SystemConfig:
    """A configuration of drivers of the tests, `NoConfig` if none is named."""
    return load_config({"providers": {name: _table(**table) for name, table in providers.items()}})


def wrong(**providers: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(**providers)
    return [str(problem) for problem in caught.value.problems]


def _table(driver: str = "NoConfig", **keys: Any) -> dict[str, Any]:
    return {"driver": driver if ":" in driver else f"tests.config.drivers:{driver}", **keys}


GONE: dict[str, Any] = {"driver": MISSING, "required": False}


class TestValid:
    def test_the_graph(self) -> None:
        config = loaded(
            a={"driver": "Reader", "needs": {"memory": "b"}},
            b={"driver": "Searching"},
            c={"driver": "Store", "path": "x"},
            d={},
        )
        assert config.warnings == ()
        assert config.graph().edges == (
            Edge("a", "memory", "memory", "b"),
            Edge("b", "searcher", "searcher", "c"),
        )
        assert config.graph().nodes["c"] == config.get("c").node
        assert config.graph().order() == ("c", "b", "a", "d")

    def test_capabilities_of_the_file_count(self) -> None:
        config = loaded(
            a={"driver": "Searching"},
            b={"capabilities": ["search"]},
            c={"driver": "Store", "path": "x", "capabilities": []},
        )
        assert config.graph().dependants("b") == ("a",)

    def test_names_may_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STORE", "b")
        assert loaded(a={"driver": "Reader", "needs": {"memory": "${STORE}"}}, b={}).get("a").needs == {
            "memory": "b"
        }

    def test_a_provider_of_a_profile_is_there_only_with_it(self, load: Load, problems: Problems) -> None:
        text = """
            [providers.a]
            driver = "@Reader"
            needs = { memory = "b" }
            [profiles.dev.providers.b]
            driver = "@NoConfig"
        """
        assert load(text, "dev").graph().dependants("b") == ("a",)
        assert problems(text) == [
            "purveyor.toml:4:23 providers.a.needs.memory: there is no provider 'b'; declare such a provider, and wire it"
        ]


class TestWrong:
    def test_all_is_told_at_its_place(self, problems: Problems) -> None:
        text = """
            [providers.a]
            driver = "@Reader"
            needs = { memory = "storre" }
            [providers.b]
            driver = "@StoreReader"
            needs.store = "a"
            neds = 3
            [providers.c]
            driver = "@Reader"
            [providers.store]
            driver = "@Store"
            path = "x"
            capabilities = ["search"]
            [providers.other]
            driver = "@Store"
            path = "x"
            needs = { memory = "a" }
            [providers.d]
            driver = "@Searching"
            [providers.e]
            driver = "@Reader"
            [providers.e.needs]
            memory = "f"
            [providers.f]
            driver = "@MaybeReader"
            needs = { memory = "e" }
            [providers.g]
            driver = "@Misdeclared"
        """
        assert problems(text) == [
            "purveyor.toml:4:23 providers.a.needs.memory: there is no provider 'storre'; did you mean 'store'?",
            (
                "purveyor.toml:7:13 providers.b.needs.store: 'a' is of class Reader, not Store; "
                'needs = { store = "store" } or needs = { store = "other" }'
            ),
            "purveyor.toml:8:13 providers.b.neds: unknown key; did you mean 'needs'?",
            (
                "purveyor.toml:9:14 providers.c: the need 'memory' is not satisfied: it takes a provider of class Base; "
                'needs = { memory = "a" } or needs = { memory = "b" } or needs = { memory = "store" }'
            ),
            "purveyor.toml:18:23 providers.other.needs.memory: there is no need 'memory'; its class has no needs",
            (
                "purveyor.toml:19:14 providers.d: the need 'searcher' takes what answers for 'search', and several do: "
                "'store', 'other'; needs = { searcher = \"store\" } or needs = { searcher = \"other\" }"
            ),
            (
                "purveyor.toml:24:13 providers.e.needs.memory: the needs go round: e -> f -> e; "
                "have one of them do without, or look the other up when it is used"
            ),
            (
                "purveyor.toml:29:13 providers.g.driver: tests.config.drivers.Misdeclared.b has the role 'x', as a has; "
                'give it one of its own: Needs("b")'
            ),
        ]

    def test_a_provider_that_is_wrong_itself_is_there(self) -> None:
        (problem,) = wrong(a={"driver": "StoreReader", "needs": {"store": "b"}}, b={"driver": "Store"})
        assert problem.startswith("providers.b.path: ")
        (problem,) = wrong(a={"driver": "Reader", "needs": {"memory": "b"}}, b={"driver": "no_such:X"})
        assert problem.startswith("providers.b.driver: ")
        with pytest.raises(ConfigError) as caught:
            load_config({"providers": {"a": _table("Reader", needs={"memory": "b"}), "b": 3}})
        assert [str(each) for each in caught.value.problems] == ["providers.b: expected a table: [providers.NAME]"]

    def test_what_cannot_be_loaded_may_be_what_answers(self) -> None:
        (problem,) = wrong(a={"driver": "Searching"}, b={"driver": "no_such:X"})
        assert problem.startswith("providers.b.driver: ")

    @pytest.mark.parametrize("value", [3, ["b"], {}])
    def test_a_name_of_another_type_is_told_once(self, value: Any) -> None:
        (problem,) = wrong(a={"driver": "Reader", "needs": {"memory": value}}, b={})
        assert problem.startswith("providers.a.needs.memory: expected a string, not ")

    @pytest.mark.parametrize("words", [3, [3]])
    def test_capabilities_of_another_type_answer_for_nothing(self, words: Any) -> None:
        assert len(wrong(a={"driver": "Searching"}, b={"capabilities": words})) == 2


class TestLeftOut:
    """What becomes of the needs of an optional provider whose driver cannot be imported here."""

    def test_an_optional_need_stays_open(self) -> None:
        config = loaded(a={"driver": "MaybeReader", "needs": {"memory": "gone"}}, gone=GONE)
        assert config.get("a").needs == {}
        assert config.graph().edges == ()
        assert "providers.a.needs.memory: left open, since 'gone' is left out" in map(str, config.warnings)

    def test_an_optional_provider_is_left_out_too_and_so_on(self) -> None:
        config = loaded(
            c={"driver": "Reader", "needs": {"memory": "b"}, "required": False},
            b={"driver": "Reader", "needs": {"memory": "gone"}, "required": False},
            d={"driver": "MaybeReader", "needs": {"memory": "c"}},
            gone=GONE,
        )
        assert config.names == ("d",)
        assert list(config.unavailable) == ["gone", "b", "c"]
        error = config.unavailable["c"]
        assert isinstance(error, NeedFailedError)
        assert (error.name, error.need, error.root) == ("c", "b", "gone")
        assert [str(warning) for warning in config.warnings[1:]] == [
            "providers.b.needs.memory: left out, since it is not required, and 'gone' is left out",
            "providers.c.needs.memory: left out, since it is not required, and 'b' is left out",
            "providers.d.needs.memory: left open, since 'c' is left out",
        ]

    def test_a_required_provider_cannot_do_without_it(self) -> None:
        assert wrong(
            a={"driver": "Reader", "needs": {"memory": "b"}},
            b={"driver": "Reader", "needs": {"memory": "gone"}, "required": False},
            gone=GONE,
        ) == [
            (
                "providers.a.needs.memory: 'b' is left out here, and this provider needs it; "
                "see why 'b' is left out; or have both left out: required = false"
            )
        ]

    def test_it_is_left_out_once(self) -> None:
        config = loaded(
            a={"driver": "StoreReader", "needs": {"store": "gone"}, "required": False},
            b={"driver": "Both", "needs": {"x": "gone", "y": "other"}, "required": False},
            gone=GONE,
            other=GONE,
        )
        assert config.names == ()
        assert list(config.unavailable) == ["gone", "other", "a", "b"]
        assert len(config.warnings) == 4

    def test_a_capability_that_nobody_else_answers_for(self) -> None:
        assert wrong(a={"driver": "Searching"}, gone=GONE) == [
            (
                "providers.a: the need 'searcher' is not satisfied: it takes a provider of class Base that answers for 'search'; "
                "declare such a provider; if it is one of those that are left out ('gone'), wire it"
            )
        ]

    def test_names_in_what_is_left_out_are_checked(self) -> None:
        assert wrong(gone={**GONE, "needs": {"any": "zzz"}}) == [
            "providers.gone.needs.any: there is no provider 'zzz'"
        ]
