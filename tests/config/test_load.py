"""Loading: what a whole file becomes, and how everything that can be wrong in it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purveyor.catalog import Catalog, Driver
from purveyor.config import Breaker, Policy, ServerConfig, SystemConfig, load_config
from purveyor.config.load import RESERVED
from purveyor.errors import ConfigError, MissingExtraError, ProviderNotFoundError
from purveyor.lifecycle.supervision import Supervision
from purveyor.metadata import ProviderMetadata, ProviderType
from tests.config.drivers import NoConfig, Store, StoreConfig

Load = Callable[..., SystemConfig]
Problems = Callable[..., list[str]]


class TestWhatIsLoaded:
    def test_a_provider_is_completed_from_its_class(self, load: Load, tmp_path: Path) -> None:
        config = load('[providers.notes]\ndriver = "@Store"\npath = "/data/n.db"')
        (spec,) = config.providers
        assert config.get("notes") is spec
        assert spec.provider_class is Store
        assert spec.driver == "tests.config.drivers:Store"
        assert spec.metadata == ProviderMetadata(
            "notes", ProviderType.MEMORY, "Keeps things.", "3", ["store", "search"], {}
        )
        assert spec.required
        assert spec.policy == Policy()
        assert spec.config.path == Path("/data/n.db")
        assert config.file == tmp_path / "purveyor.toml"
        assert config.warnings == ()
        assert config.unavailable == {}

    def test_reserved_keys_win_over_the_class(self, load: Load) -> None:
        spec = load(
            """
            [providers.m]
            driver = "@Model"
            description = "d"
            version = "9"
            type = "custom"
            capabilities = ["a"]
            labels = { team = "x" }
            required = false
            """
        ).get("m")
        assert spec.metadata == ProviderMetadata("m", ProviderType.CUSTOM, "d", "9", ["a"], {"team": "x"})
        assert not spec.required

    def test_metadata_is_new_each_time(self, load: Load) -> None:
        spec = load('[providers.a]\ndriver = "@NoConfig"\ncapabilities = ["x"]').get("a")
        spec.metadata.capabilities.append("changed")
        assert spec.metadata.capabilities == ["x"]
        provider = spec.build()
        assert isinstance(provider, NoConfig)
        assert provider.metadata.name == "a"
        assert provider.config is None

    def test_a_table_is_each_provider_s_own(self, load: Load) -> None:
        spec = load('[providers.a]\ndriver = "@Loose"\nx = [{ y = 1 }]').get("a")
        spec.build().config["x"][0]["y"] = 2
        assert spec.build().config == spec.config == {"x": [{"y": 1}]}

    def test_providers_keep_the_order_of_the_file(self, load: Load) -> None:
        text = "".join(f'[providers.{name}]\ndriver = "@NoConfig"\n' for name in ["zebra", "apple", "mango"])
        assert load(text).names == ("zebra", "apple", "mango")

    def test_an_unknown_provider_names_near_misses(self, load: Load) -> None:
        with pytest.raises(ProviderNotFoundError, match="did you mean 'notes'"):
            load('[providers.notes]\ndriver = "@NoConfig"').get("note")

    @pytest.mark.parametrize(
        ("driver", "expected"),
        [("Loose", {"x": 1, "deep": {"y": [1]}}), ("Untyped", {"x": 1, "deep": {"y": [1]}})],
    )
    def test_a_class_without_a_config_type_gets_the_table(self, load: Load, driver: str, expected: object) -> None:
        assert load(f'[providers.a]\ndriver = "@{driver}"\nx = 1\ndeep.y = [1]').get("a").config == expected

    def test_a_model_that_allows_more_gets_more(self, load: Load) -> None:
        config = load('[providers.a]\ndriver = "@Open"\nmore = 1').get("a").config
        assert config.model_extra == {"more": 1}

    def test_a_table_inside_that_allows_more_gets_more(self, load: Load, problems: Problems) -> None:
        text = '[providers.a]\ndriver = "@Nesting"\ninner = { known = 1, more = 1 }\n'
        assert load(text).get("a").config.inner.model_extra == {"more": 1}
        found = problems(text.replace("known = 1", 'known = "x"') + "closed = { more = 1 }")
        assert found == [
            "purveyor.toml:3:11 providers.a.inner.known: expected an integer, not a string",
            "purveyor.toml:4:12 providers.a.closed.more: unknown key; known are log, times",
        ]

    def test_an_alias_is_a_key(self, load: Load) -> None:
        assert load('[providers.a]\ndriver = "@Model"\ntitle = "t"').get("a").config.name == "t"

    def test_nothing_is_a_configuration(self, load: Load) -> None:
        config = load("")
        assert config.providers == ()
        assert config.server == ServerConfig("127.0.0.1", 8765)
        assert [str(warning).partition(": ")[2] for warning in config.warnings] == [
            "declares no provider; add a [providers.NAME] table, or see what `purveyor init` writes"
        ]

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
    def test_the_server_listens_on_loopback(self, load: Load, host: str) -> None:
        assert load(f'version = 1\n[server]\nhost = "{host}"\nport = 0').server == ServerConfig(host, 0)

    def test_supervision_is_read_and_has_defaults(self, load: Load) -> None:
        assert load("").supervision == Supervision()
        text = '[supervision]\ncheck_interval = "500ms"\nwindow = "1h"\nbudget = 0\njitter = 1'
        read = load(text).supervision
        assert read == Supervision(check_interval=0.5, window=3600, budget=0, jitter=1)
        over = load(text + "\n[profiles.dev.supervision]\nbudget = 2", "dev").supervision
        assert (over.budget, over.window) == (2, 3600)

    def test_policy_and_needs_are_kept(self, load: Load) -> None:
        config = load(
            """
            [providers.a]
            driver = "@Reader"
            needs = { memory = "b" }
            policy = { timeout = "500ms", start_timeout = 5, stop_timeout = "2m", drain_timeout = "1.5h" }
            [providers.b]
            driver = "@NoConfig"
            policy = { reload = "swap", retries = 2, concurrency = 4, breaker = { failures = 3, reset = "1 s" } }
            """
        )
        a, b = config.providers
        assert a.needs == {"memory": "b"}
        assert a.policy == Policy(timeout=0.5, start_timeout=5, stop_timeout=120, drain_timeout=5400)
        assert b.policy == Policy(reload="swap", retries=2, concurrency=4, breaker=Breaker(3, 1.0))
        assert config.warnings == ()

    def test_a_mapping_is_as_good_as_a_file(self) -> None:
        provider = {"driver": "tests.config.drivers:Loose", "list": (1, {"x": 2}), "path": Path("x")}
        config = load_config({"providers": {"a": provider}})
        assert config.get("a").config == {"list": [1, {"x": 2}], "path": Path("x")}
        assert config.file is None
        assert config.origin("providers", "a") is None
        config.get("a").config["list"].append(3)
        assert provider["list"] == (1, {"x": 2})

    def test_embedded_defaults_load_nothing_from_disk(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        catalog = Catalog(
            [
                Driver("memory.sqlite", "d", "1", "tests.config.drivers:Store"),
                Driver("storage.local", "d", "1", "tests.config.drivers:Loose"),
            ]
        )
        (tmp_path / "purveyor.toml").write_text("not toml")
        config = load_config(catalog=catalog)
        assert config.names == ("notes", "files")
        assert config.get("notes").config.path == tmp_path / ".purveyor/notes.db"
        assert config.get("files").config == {"root": ".purveyor/files"}
        monkeypatch.setenv("PURVEYOR_DATA", "/data")
        assert load_config(catalog=catalog).get("notes").config.path == Path("/data/notes.db")

    def test_origins_are_known(self, load: Load) -> None:
        config = load('[providers.a]\ndriver = "@Loose"\n  x.y = [1,\n 2]\n')
        assert config.origin("providers", "a") == "purveyor.toml:1:2"
        assert config.origin("providers", "a", "x", "y") == "purveyor.toml:3:3"
        assert config.origin("providers", "a", "x", "y", 1) == "purveyor.toml:4:2"
        assert config.origin("providers", "a", "default") == "purveyor.toml:1:2"
        assert config.origin("server", "port") == "purveyor.toml:1:1"


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[providerz.a]", "purveyor.toml:1:2 providerz: unknown key; did you mean 'providers'?"),
            (
                "zzz = 1",
                "purveyor.toml:1:1 zzz: unknown key; known are version, providers, profiles, server, supervision",
            ),
            ("version = 2", "purveyor.toml:1:1 version: expected 1, the only version of the format that there is"),
            (
                "version = true",
                "purveyor.toml:1:1 version: expected 1, the only version of the format that there is",
            ),
            ("providers = 3", "purveyor.toml:1:1 providers: expected a table"),
            ("server = []", "purveyor.toml:1:1 server: expected a table"),
            ("supervision = true", "purveyor.toml:1:1 supervision: expected a table"),
            (
                "[supervision]\nbudgets = 1",
                "purveyor.toml:2:1 supervision.budgets: unknown key; did you mean 'budget'?",
            ),
            (
                "[supervision]\nfailures = 0",
                "purveyor.toml:2:1 supervision.failures: expected greater than or equal to 1",
            ),
            (
                "[supervision]\njitter = 2",
                "purveyor.toml:2:1 supervision.jitter: expected less than or equal to 1",
            ),
            (
                '[supervision]\ncheck_interval = "0s"',
                "purveyor.toml:2:1 supervision.check_interval: expected a duration above zero",
            ),
            ("[server]\nprt = 1", "purveyor.toml:2:1 server.prt: unknown key; did you mean 'port'?"),
            ("[server]\nport = 70000", "purveyor.toml:2:1 server.port: expected less than or equal to 65535"),
            ("[providers]\na = 3", "purveyor.toml:2:1 providers.a: expected a table: [providers.NAME]"),
            ("[providers.a]", "purveyor.toml:1:2 providers.a.driver: is missing, and has no default"),
            (
                '[providers.a]\ndriver = ""',
                "purveyor.toml:2:1 providers.a.driver: string should have at least 1 character",
            ),
            (
                "[providers.a]\ndriver = 3",
                "purveyor.toml:2:1 providers.a.driver: expected a string, not an integer",
            ),
        ],
    )
    def test_of_the_file(self, problems: Problems, text: str, expected: str) -> None:
        assert problems(text) == [expected]

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("pth = 1", "pth: unknown key; did you mean 'path'?"),
            ("lables = {}", "lables: unknown key; did you mean 'labels'?"),
            ('timeout = "soon"', "timeout: expected a number, not a string"),
            ("timeout = []", "timeout: expected a number, not an array"),
            ("mode = 'fast'", "mode: expected 'full' or 'normal'"),
            ("plain = 1979-05-27", "plain: expected a string, not a date"),
            ("plain = 07:32:00", "plain: expected a string, not a time"),
            ("plains = 'x'", "plains: expected an array, not a string"),
            ("plains = ['x', 2]", "plains[1]: expected a string, not an integer"),
            ("retry = 1.5", "retry: expected a table, not a float"),
            ("retry.tims = 1", "retry.tims: unknown key; did you mean 'times'?"),
            ("retry.times = 'x'", "retry.times: expected an integer, not a string"),
            ("retry.times = 1.5", "retry.times: expected an integer, not a float"),
            ("either = true", "either: expected an integer or a table, not a boolean"),
            ("timeout = true", "timeout: expected a number, not a boolean"),
            ("timeout = '3'", "timeout: expected a number, not a string"),
            ("timeout = '${UNSET:-3}'", None),
            ("size = true", "size: expected an integer, not a boolean"),
            ("size = '3'", "size: expected an integer, not a string"),
            ("retry.times = '3'", "retry.times: expected an integer, not a string"),
            ("flag = 'yes'", "flag: expected true or false, not a string"),
            ("flag = 1", "flag: expected true or false, not an integer"),
            ("flag = '${UNSET:-yes}'", None),
            ("required = 'no'", "required: expected true or false, not a string"),
            ("required = '${UNSET:-no}'", None),
            ("policy.retries = true", "policy.retries: expected an integer, not a boolean"),
            ("timeout = '-1'", "timeout: expected a number, not a string"),
            ("timeout = -1", "timeout: is -1.0; give one from 0"),
            ("plains = ['x', 'bad']", "plains[1]: is bad"),
            ("either = []", "either: expected an integer or a table, not an array"),
            ("flag = []", "flag: expected true or false, not an array"),
            ("description = true", "description: expected a string, not a boolean"),
            (
                "type = 'memry'",
                "type: expected 'memory', 'storage', 'capability' or 'custom'; did you mean 'memory'?",
            ),
            ("mode = 'ful'", "mode: expected 'full' or 'normal'; did you mean 'full'?"),
            ("mode = 3", "mode: expected 'full' or 'normal'"),
            ("only = 'onli'", "only: expected 'only'; did you mean 'only'?"),
            (
                "type = 'storage'",
                (
                    "type: the driver is a memory provider, and cannot be of another type; "
                    'leave it out, or write type = "memory"'
                ),
            ),
            ("labels = { a = 1 }", "labels.a: expected a string, not an integer"),
            ("capabilities = ['']", "capabilities[0]: string should have at least 1 character"),
            ("needs = { x = 'aa' }", "needs.x: there is no need 'x'; its class has no needs"),
            (
                "policy = { timout = 1 }",
                "policy.timout: unknown key; did you mean 'timeout' or 'stop_timeout' or 'start_timeout'?",
            ),
            ("policy = { reload = 'x' }", "policy.reload: expected 'swap' or 'in_place'"),
            ("policy = { retries = -1 }", "policy.retries: expected greater than or equal to 0"),
            (
                "policy = { timeout = 'x' }",
                'policy.timeout: expected a duration: seconds, or a string like "500ms", "30s", "5m", "1h"',
            ),
            (
                "policy = { timeout = true }",
                "policy.timeout: expected a number or a string, not a boolean",
            ),
            ("policy = { timeout = 0 }", "policy.timeout: expected a duration above zero"),
            ("policy = { timeout = inf }", "policy.timeout: expected a duration above zero"),
            ("cache = ''", "cache: expected a path"),
            ('cache = "a\\u0000b"', "cache: expected a path"),
        ],
    )
    def test_of_a_provider(self, load: Load, problems: Problems, line: str, expected: str | None) -> None:
        text = f'[providers.a]\ndriver = "@Store"\npath = "x"\n{line}'
        if expected is None:
            load(text)
            return
        (problem,) = problems(text)
        place, _, rest = problem.partition(" providers.a.")
        assert rest == expected
        assert place.startswith("purveyor.toml:4:")

    def test_of_the_driver_s_own_checks(self, problems: Problems) -> None:
        text = '[providers.a]\ndriver = "@Store"\npath = "x"\nplain = "{}"'
        assert problems(text.format("bad")) == ["purveyor.toml:1:2 providers.a: plain is bad"]
        assert problems(text.format("broken")) == [
            "purveyor.toml:1:2 providers.a: its config was refused with KeyError: 'broken'"
        ]

    def test_of_the_driver_s_own_checks_about_no_key(self, problems: Problems) -> None:
        text = '[providers.a]\ndriver = "@Store"\npath = "x"\nplain = "nowhere"'
        assert problems(text) == ["purveyor.toml:1:2 providers.a: mode+size do not fit; leave one out"]

    def test_a_driver_may_read_strings_as_numbers_by_itself(self, load: Load) -> None:
        assert load('[providers.a]\ndriver = "@Sized"\nsize = "16 MB"').get("a").config.size == 16_000_000

    def test_a_type_that_contradicts_the_class_is_told_with_the_rest(self, problems: Problems) -> None:
        found = problems(
            '[providers.a]\ndriver = "@Store"\npath = "x"\ntype = "storage"\nlabels = 3\nneeds = { x = "b", y = 3 }'
        )
        assert [problem.split(": ", 1)[0].split()[1] for problem in found] == [
            "providers.a.type",
            "providers.a.labels",
            "providers.a.needs.x",
            "providers.a.needs.y",
        ]

    def test_everything_is_told_at_once_in_the_order_of_the_file(self, problems: Problems) -> None:
        found = problems(
            """
            colour = 1
            [providers.a]
            driver = "@Stor"
            [providers.b]
            driver = "memory.sqlit"
            [providers.c]
            driver = "@Store"
            pth = "x"
            labels = 3
            [providers."d e"]
            driver = "@NoConfig"
            """
        )
        assert [problem.split(": ")[0] for problem in found] == [
            "purveyor.toml:2:13 colour",
            "purveyor.toml:4:13 providers.a.driver",
            "purveyor.toml:6:13 providers.b.driver",
            "purveyor.toml:7:14 providers.c.path",
            "purveyor.toml:9:13 providers.c.pth",
            "purveyor.toml:10:13 providers.c.labels",
            'purveyor.toml:11:14 providers."d e"',
        ]
        assert "did you mean 'tests.config.drivers:Store'" in found[1]
        assert "did you mean 'memory.sqlite'" in found[2]

    @pytest.mark.parametrize("name", ["", "a b", "-a", ".a", "é", "a/b", "a" * 129])
    def test_a_name_that_is_none(self, problems: Problems, name: str) -> None:
        (problem,) = problems(f'[providers."{name}"]\ndriver = "@NoConfig"')
        assert "cannot be a provider's name; use letters, digits" in problem

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.org", ""])
    def test_a_host_that_others_can_reach(self, problems: Problems, host: str) -> None:
        (problem,) = problems(f'[server]\nhost = "{host}"')
        assert problem.startswith("purveyor.toml:2:1 server.host: is not a loopback address")
        assert "no authentication" in problem

    def test_a_host_that_others_can_reach_is_told_with_the_rest(self, problems: Problems) -> None:
        assert [problem.split(": ")[0] for problem in problems('[server]\nhost = "0.0.0.0"\nport = 70000')] == [
            "purveyor.toml:2:1 server.host",
            "purveyor.toml:3:1 server.port",
        ]
        assert problems("[server]\nhost = 3") == [
            "purveyor.toml:2:1 server.host: expected a string, not an integer"
        ]

    def test_a_driver_that_is_misspelt_by_its_key(self, problems: Problems) -> None:
        assert problems('[providers.a]\nroot = "x"\ndrivr = "memory.sqlite"') == [
            (
                "purveyor.toml:1:2 providers.a.driver: is missing, and has no default; "
                "did you mean it by 'drivr' (line 3)?"
            )
        ]
        with pytest.raises(ConfigError) as caught:
            load_config({"providers": {"a": {"drivr": "memory.sqlite"}}})
        (problem,) = caught.value.problems
        assert problem.advice == "did you mean it by 'drivr'?"

    def test_a_key_for_a_driver_without_a_config(self, problems: Problems) -> None:
        found = problems('[providers.a]\ndriver = "@NoConfig"\nlabel = {}\nqqq = 1')
        assert found == [
            "purveyor.toml:3:1 providers.a.label: unknown key; did you mean 'labels'?",
            (
                "purveyor.toml:4:1 providers.a.qqq: unknown key; known are capabilities, description, driver, labels, "
                "needs, policy, required, type, version"
            ),
        ]

    def test_a_config_type_that_cannot_be_read_from_a_file(self, problems: Problems) -> None:
        (problem,) = problems('[providers.a]\ndriver = "@Unbuildable"')
        assert problem.startswith(
            "purveyor.toml:1:2 providers.a: its config type Foreign cannot be read from a config"
        )

    def test_a_mapping_with_keys_that_are_no_strings(self) -> None:
        source: Any = {"providers": {"a": {"driver": "x:Y", 3: 4, "deep": [{None: 1}]}}}
        with pytest.raises(ConfigError) as caught:
            load_config(source)
        assert [str(problem) for problem in caught.value.problems] == [
            "providers.a: the key 3 is not a string; keys are strings, as in TOML",
            "providers.a.deep[0]: the key None is not a string; keys are strings, as in TOML",
        ]

    def test_a_mapping_that_contains_itself(self) -> None:
        source: dict[str, Any] = {}
        source["providers"] = source
        with pytest.raises(ConfigError, match="nested too deeply"):
            load_config(source)


class TestDriversThatCannotBeLoaded:
    def test_a_required_one_is_a_problem(self, problems: Problems, tmp_path: Path) -> None:
        (tmp_path / "plugin_bad.py").write_text("1 / 0")
        (problem,) = problems('[providers.a]\ndriver = "plugin_bad:X"')
        assert problem == (
            "purveyor.toml:2:1 providers.a.driver: driver plugin_bad:X (named by its class): "
            "importing plugin_bad failed with ZeroDivisionError: division by zero"
        )

    def test_a_package_in_src_is_pointed_at_and_a_cause_told_once(
        self, load: Load, problems: Problems, tmp_path: Path
    ) -> None:
        (tmp_path / "src" / "acme_xyz").mkdir(parents=True)
        (tmp_path / "src" / "single_xyz.py").touch()
        (tmp_path / "plugin_needy.py").write_text("import acme_xyz")
        drivers = {
            "a": "acme_xyz.core:A",
            "b": "plugin_needy:B",
            "c": "acme_xyz.core:C",
            "d.e": "acme_xyz.mail:D",
            "f": "single_xyz:F",
            "g": "gone_xyz:G",
        }
        beside = "it is looked for beside the configuration file, then in sys.path"
        found = problems(
            "".join(f'[providers."{name}"]\ndriver = "{driver}"\n' for name, driver in drivers.items())
        )
        assert [problem.partition("(named by its class): ")[2] for problem in found] == [
            (
                f"there is no module acme_xyz; {beside}; src/acme_xyz is there: `pip install -e .`, or "
                'PYTHONPATH=src; so it is with providers.c, providers."d.e"'
            ),
            (
                "it needs the module acme_xyz, which is not installed; src/acme_xyz is there: "
                "`pip install -e .`, or PYTHONPATH=src"
            ),
            (
                f"there is no module single_xyz; {beside}; src/single_xyz is there: `pip install -e .`, or "
                "PYTHONPATH=src"
            ),
            f"there is no module gone_xyz; {beside}",
        ]
        assert found[0].startswith("purveyor.toml:2:1 providers.a.driver: ")
        config = load('[providers.a]\ndriver = "acme_xyz:A"\nrequired = false')
        assert "src/acme_xyz is there" in str(config.warnings[0])

    def test_a_driver_that_lacks_a_module_and_has_no_advice(self) -> None:
        catalog = Catalog([Driver("gone", "shop", "1", "missing_module_xyz.a:B")])
        with pytest.raises(ConfigError) as caught:
            load_config({"providers": {"a": {"driver": "gone"}}}, catalog=catalog)
        assert [problem.advice for problem in caught.value.problems] == [None]

    def test_an_optional_one_is_left_out_with_a_warning(self) -> None:
        catalog = Catalog([Driver("gone", "shop", "1", "missing_module_xyz.a:B", ("extra",))])
        catalog_with_extra = Catalog([Driver("gone", "shop", "1", "tests.config.needs_missing:B", ("extra",))])
        source = {
            "providers": {
                "a": {"driver": "gone", "required": False, "anything": 1},
                "b": {"driver": "tests.config.drivers:NoConfig"},
            }
        }
        config = load_config(source, catalog=catalog)
        assert config.names == ("b",)
        assert "there is no module missing_module_xyz" in str(config.unavailable["a"])
        assert "left out, since it is not required" in str(config.warnings[0])
        config = load_config(source, catalog=catalog_with_extra)
        assert isinstance(config.unavailable["a"], MissingExtraError)
        assert config.warnings[0].advice == "pip install 'shop[extra]'"

    def test_a_misspelt_one_is_a_problem_even_if_optional(self, problems: Problems) -> None:
        (problem,) = problems('[providers.a]\ndriver = "memory.sqlit"\nrequired = false')
        assert "no driver 'memory.sqlit' is installed; did you mean 'memory.sqlite'" in problem


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.datetimes()
    | st.sampled_from(["${UNSET}", "${X:-1}", "a.b:C", "tests.config.drivers:Store", "memory.sqlite", "\0"])
    | st.sampled_from([{"env": "UNSET"}, {"file": "gone"}, {"env": ""}, {"file": ""}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
_keys = st.sampled_from([*RESERVED, *(each.name for each in fields(StoreConfig)), "other"])
_drivers = st.sampled_from(["Store", "Model", "Typed", "Loose", "NoConfig", "Nesting"]).map(
    "tests.config.drivers:{}".format
)
_tables = st.builds(
    lambda driver, table: {"driver": driver, **table}, _drivers, st.dictionaries(_keys, _values, max_size=4)
)


@settings(deadline=None)
@given(
    providers=st.dictionaries(st.sampled_from(["a", "b", "-"]), _tables | _values, max_size=2) | _values,
    others=st.dictionaries(st.sampled_from(["version", "server", "profiles", "x"]), _values, max_size=2),
)
def test_whatever_is_given_is_loaded_or_refused_in_words(providers: Any, others: dict[str, Any]) -> None:
    problems: list[str] = ["none"]
    try:
        load_config({"providers": providers, **others})
    except ConfigError as error:
        problems = [problem.problem for problem in error.problems]
    assert problems
    assert all(problems)
