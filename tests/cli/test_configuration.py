"""The commands about the configuration: init, check, list, show, drivers, schema, doctor, completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from purveyor.catalog import Catalog, Driver
from purveyor.config import TEMPLATE, json_schema
from tests.cli.conftest import Run, Spawn

BAD = """\
[providers.notes]
driver = "memory.sqlit"

[providers.files]
driver = "storage.local"
root = 3
rot = "x"
"""


def write(text: str, name: str = "purveyor.toml") -> None:
    Path(name).write_text(text)


# --- init -----------------------------------------------------------------------------------------------


def test_init_writes_what_runs_anyway_and_its_schema(run: Run) -> None:
    result = run("init")
    assert (result.code, result.out) == (0, "")
    assert result.err == "wrote purveyor.toml\nwrote purveyor.schema.json\n"
    assert Path("purveyor.toml").read_text() == TEMPLATE
    assert json.loads(Path("purveyor.schema.json").read_text()) == json_schema()
    declared = {row["name"]: row["driver"] for row in run("list", "--json").data}
    assert declared == {name: table["driver"] for name, table in tomllib.loads(TEMPLATE)["providers"].items()}


def test_init_never_overwrites_unless_forced(run: Run) -> None:
    write("# mine")
    refused = run("init")
    assert (refused.code, refused.err.splitlines()[0]) == (1, "error: purveyor.toml: there is a file already")
    assert Path("purveyor.toml").read_text() == "# mine"
    assert not Path("purveyor.schema.json").exists()
    assert run("init", "--force", "--no-schema", "--json").data == {"files": ["purveyor.toml"]}
    assert Path("purveyor.toml").read_text() == TEMPLATE


# --- check ----------------------------------------------------------------------------------------------


def test_check_shows_what_would_start(run: Run) -> None:
    optional = '[providers.o]\ndriver = "no.such:Thing"\nrequired = false\n'
    write(f'[providers.n]\ndriver = "memory.inprocess"\n{optional}[profiles.dev]\n')
    result = run("check")
    assert result.code == 0
    assert [line.split() for line in result.out.splitlines()] == [
        ["name", "type", "driver", "declared", "at"],
        ["n", "memory", "memory.inprocess", "purveyor.toml:1:2"],
    ]
    assert "warning: purveyor.toml:4:1 providers.o.driver: left out, since it is not required: " in result.err
    assert result.err.endswith("purveyor.toml is valid\nnot checked: --profile dev\n")
    assert run("check", "--json").data["unchecked_profiles"] == ["dev"]
    data = run("check", "--json", "--profile", "dev").data
    assert (data["file"], data["profile"]) == (str(Path("purveyor.toml").absolute()), "dev")
    assert [provider["name"] for provider in data["providers"]] == ["n"]
    assert len(data["warnings"]) == 1
    assert data["unchecked_profiles"] == []
    assert run("check", "-p", "dev", "-q").err == ""
    assert "purveyor.toml, profile dev is valid" in run("check", "-p", "dev").err


def test_check_refuses_a_class_that_cannot_be_built_from_a_config(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "inherited.py").write_text(
        "from purveyor.migrate import LegacyProvider\n"
        "class Taker(LegacyProvider[dict]):\n"
        "    def __init__(self, socket): ...\n"
        "class Built(Taker):\n"
        "    @classmethod\n"
        "    def from_config(cls, config): return cls(1)\n"
        "class Static(Taker):\n"
        "    @staticmethod\n"
        "    def from_config(config): return Static(1)\n"
    )
    built = '[providers.b]\ndriver = "inherited:Built"\n[providers.s]\ndriver = "inherited:Static"\n'
    write(built + '[providers.t]\ndriver = "inherited:Taker"\n')
    told = "Taker does not support being built from a config"
    hint = "use its own constructor, or write Taker.from_config"
    result = run("check")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[1:] == [f"purveyor.toml:6:1 providers.t.driver: {told}; {hint}"]
    assert [" ".join(line.split()) for line in run("doctor").out.splitlines()[-2:]] == [f"t failed {told}", hint]
    write(built)
    assert run("check").code == 0


def test_check_wonders_about_an_empty_file(run: Run) -> None:
    write("")
    result = run("check")
    assert result.code == 0
    assert "declares no provider; add a [providers.NAME] table, or see what `purveyor init` writes\n" in result.err


def test_check_without_a_file_is_about_the_embedded_one(run: Run) -> None:
    result = run("check")
    assert (result.code, result.err) == (0, "the embedded configuration is valid\n")


def test_check_lists_every_problem_with_its_place(run: Run) -> None:
    write(BAD)
    result = run("check")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        "error: the configuration has 3 problems",
        (
            "purveyor.toml:2:1 providers.notes.driver: no driver 'memory.sqlit' is installed; "
            "did you mean 'memory.sqlite'?"
        ),
        "purveyor.toml:6:1 providers.files.root: expected a path, not an integer",
        "purveyor.toml:7:1 providers.files.rot: unknown key; did you mean 'root'?",
    ]
    error = run("check", "--json").error
    assert (error["type"], error["what"]) == ("ConfigError", "the configuration has 3 problems")
    assert error["problems"][0] == {
        "key": "providers.notes.driver",
        "problem": "no driver 'memory.sqlit' is installed",
        "advice": "did you mean 'memory.sqlite'?",
        "file": "purveyor.toml",
        "line": 2,
        "column": 1,
    }


def test_check_points_at_the_key_on_a_terminal(terminal: Run) -> None:
    write('[providers.notes]\ndriver = "memory.inprocess"\nlabels = { team = 3 }\n  secret_kye = "hunter2"\n')
    result = terminal("check", NO_COLOR="1")
    assert result.code == 2
    assert "    labels = { team" not in result.out, "what is inside a value is not quoted"
    assert "      secret_kye = …\n      ^^^^^^^^^^\n" in result.out
    assert "hunter2" not in result.out
    Path("purveyor.toml").write_text("[providers.notes\n")
    assert "purveyor.toml:1:17: is not valid TOML" in terminal("check", NO_COLOR="1").out


def test_an_excerpt_of_a_file_that_has_changed_is_left_out(folder: Path) -> None:
    from purveyor.cli.output import _excerpt
    from purveyor.errors import ConfigProblem

    assert _excerpt(ConfigProblem("a", "wrong", None, "gone.toml", 1, 1)) == ()
    write("[a]\n")
    assert _excerpt(ConfigProblem("a", "wrong", None, "purveyor.toml", 9, 1)) == ()
    assert _excerpt(ConfigProblem("a", "wrong", None, "purveyor.toml", 1, 2)) == ("[a]", " ^^")


def test_the_file_is_chosen_by_option_variable_and_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("option", "variable", "place"):
        write(f'[providers.{name}]\ndriver = "memory.inprocess"\n', f"{name}.toml")
    Path("place.toml").rename("purveyor.toml")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert run("list", "--json").data[0]["name"] == "place"
    monkeypatch.setenv("PURVEYOR_CONFIG", "../variable.toml")
    assert run("list", "--json").data[0]["name"] == "variable"
    assert run("-c", "../option.toml", "list", "--json").data[0]["name"] == "option"
    assert run("-c", "../variable.toml", "list", "-c", "../option.toml", "--json").data[0]["name"] == "option"
    missing = run("list", "-c", "nothing.toml")
    assert missing.code == 2
    assert missing.err.splitlines()[0] == "error: nothing.toml: there is no such file"


# --- list, show -----------------------------------------------------------------------------------------


def test_list(run: Run) -> None:
    write(
        '[providers.a]\ndriver = "memory.inprocess"\n[providers.b]\ndriver = "no.such:Thing"\nrequired = false\n'
    )
    result = run("list")
    header, row = result.out.splitlines()
    assert header.split() == ["name", "type", "driver", "required", "capabilities"]
    assert row.split()[:4] == ["a", "memory", "memory.inprocess", "yes"]
    assert "warning: b is left out: " in result.err
    [listed] = run("list", "--json").data
    assert listed["declared_at"] == "purveyor.toml:1:2"


def test_show_masks_every_secret(run: Run, things: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKER", "hunter2")
    write("""\
[providers.t]
driver = "things:Thing"
labels = { team = "search" }
secret = { env = "MARKER" }
url = "postgres://user:hunter2@db/x"
options = { api_key = "hunter2", empty_password = "", deep = [{ token = "hunter2" }, 3, true], nested = { env = "MARKER" } }
""")
    result = run("show", "t")
    assert result.code == 0
    fields = dict(line.split(maxsplit=1) for line in result.out.splitlines() if len(line.split()) > 1)
    assert fields["config.secret"] == "********"
    assert fields["config.url"] == "postgres://user:********@db/x"
    assert fields["operations"] == "do"
    assert fields["labels"] == "team=search"
    assert fields["required"] == "yes"
    assert "purveyor.toml:1:2" in result.out
    data = run("show", "t", "--json").data
    assert data["config"]["options"] == {
        "api_key": "********", "empty_password": "", "deep": [{"token": "********"}, 3, True], "nested": "********",
    }  # fmt: skip
    assert data["class"] == "things:Thing"
    assert "hunter2" not in result.out + json.dumps(data)


def test_show_tells_what_has_no_value(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "empty.py").write_text(
        "from dataclasses import dataclass\n"
        "from purveyor import Provider\n"
        "@dataclass\n"
        "class Config:\n"
        "    name: str | None = None\n"
        "    text: str = ''\n"
        "    words: tuple[str, ...] = ()\n"
        "class Empty(Provider[Config]):\n"
        "    async def initialize(self): ...\n"
        "    async def cleanup(self): ...\n"
    )
    write('[providers.e]\ndriver = "empty:Empty"\n')
    assert [line.split() for line in run("show", "e").out.splitlines()[-3:]] == [
        ["config.name", "none"],
        ["config.text", '""'],
        ["config.words", "none"],
    ]


def test_long_values_stand_below_each_other_in_whole_words(run: Run, terminal: Run) -> None:
    wide = run("show", "notes").out
    narrow = terminal("show", "notes", COLUMNS="80", NO_COLOR="1").out
    assert max(map(len, wide.splitlines())) > 80
    assert max(len(line) for line in narrow.splitlines() if "/" not in line) <= 80
    assert narrow.split() == wide.split()
    begin = narrow.index("operations")
    first, second, *_ = narrow[begin:].splitlines()
    assert second.startswith(" " * first.index("clear") + "import_ list")


def test_a_word_longer_than_a_line_is_left_whole(run: Run, terminal: Run) -> None:
    write('[providers.n]\ndriver = "memory.inprocess"\ndescription = "one\\ntwo three four"\n')
    told = terminal("show", "n", COLUMNS="30", NO_COLOR="1").out
    assert "purveyor.memory.inprocess:InProcessMemory\n" in told
    assert "  one\n" in told
    assert " two three four\n" in told


def test_show_of_what_is_not_there(run: Run) -> None:
    result = run("show", "note")
    assert (result.code, result.err.splitlines()[1].strip()) == (2, "did you mean 'notes'?")
    write('[providers.b]\ndriver = "no.such:Thing"\nrequired = false\n')
    assert "there is no module no" in run("show", "b").err


def test_show_of_a_driver_without_config(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "bare.py").write_text(
        "from purveyor import Provider\n"
        "class Bare(Provider[None]):\n"
        "    async def initialize(self): ...\n"
        "    async def cleanup(self): ...\n"
    )
    write('[providers.b]\ndriver = "bare:Bare"\n')
    result = run("show", "b")
    assert result.code == 0
    assert "config." not in result.out


def test_masking_never_quotes_what_it_does_not_know() -> None:
    from purveyor.cli.declared import masked_config

    class Odd:
        def __repr__(self) -> str:
            return "hunter2"

    assert masked_config({"odd": Odd(), "raw": b"\xff"}) == {"odd": "<Odd>", "raw": "_w=="}


def test_what_is_named_like_a_secret_is_masked_unless_it_cannot_be_one() -> None:
    from purveyor.cli.declared import masked_config

    assert masked_config({"tokens": ["a", {"b": "c"}], "max_tokens": 9, "author": "me", "use_auth": True}) == {
        "tokens": ["********", {"b": "********"}], "max_tokens": "********", "author": "me", "use_auth": True,
    }  # fmt: skip


# --- drivers, schema ------------------------------------------------------------------------------------


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def offer(*drivers: Driver) -> None:
        monkeypatch.setattr("purveyor.cli.commands.drivers.Catalog", lambda: Catalog(drivers))

    return offer


def test_drivers_are_listed_without_being_imported(run: Run) -> None:
    result = run("drivers")
    assert result.code == 0
    header, *rows = [line.split() for line in result.out.splitlines()]
    assert header == ["name", "distribution", "class"]
    version = metadata.version("purveyor")
    assert ["memory.sqlite", "purveyor", version, "purveyor.memory.sqlite:SQLiteMemory"] in rows
    code = (
        "import sys, purveyor.cli\n"
        "try: purveyor.cli.main(['drivers', '-q'])\n"
        "finally: print('apsw' in sys.modules, 'purveyor.memory' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "False False"


def test_drivers_are_imported_on_request(
    run: Run, catalog: Callable[..., None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog(
        Driver("good", "acme", "1.0", "tests.cli.things:Thing"),
        Driver("broken", "acme", "1.0", "no_such_module:Thing"),
        Driver("poor", "acme", "1.0", "purveyor_needs:Thing", ("extra",)),
    )
    (folder / "purveyor_needs.py").write_text("import no_such_dependency")
    monkeypatch.syspath_prepend(str(folder))
    result = run("drivers", "--load")
    assert result.code == 1
    assert [line.split()[4:] for line in result.out.splitlines()[1:]] == [
        ["broken"], ["custom", "ok"], ["missing", "extra"],
    ]  # fmt: skip
    assert "warning: broken: driver broken (acme 1.0): there is no module no_such_module" in result.err
    assert "pip install 'acme[extra]'" in result.err
    [broken, good, poor] = run("drivers", "--load", "--json").data
    assert (good["type"], good["status"], good["problem"]) == ("custom", "ok", None)
    assert (poor["status"], broken["status"]) == ("missing extra", "broken")


def test_schema_is_the_schema(run: Run) -> None:
    result = run("schema")
    assert json.loads(result.out) == json_schema()
    assert run("schema", "--json").data == json_schema()


# --- doctor ---------------------------------------------------------------------------------------------


def test_doctor_exercises_and_leaves_nothing_behind(run: Run, folder: Path) -> None:
    result = run("doctor")
    assert (result.code, result.err) == (0, "all is well\n")
    assert [line.split()[:2] for line in result.out.splitlines()] == [["notes", "ok"], ["files", "ok"]]
    assert run("memory", "list", "notes", "--json").data["items"] == []
    assert run("storage", "list", "files", "--json").data["objects"] == []
    files = [path for path in (folder / ".purveyor/files").iterdir() if path.name != ".purveyor"]
    assert files == []
    [notes, _] = run("doctor", "--json").data
    assert (notes["name"], notes["ok"], notes["error"]) == ("notes", True, None)
    assert notes["health"]["state"] == "healthy"
    assert notes["health"]["details"]["path"].endswith("notes.db")


def test_doctor_fits_a_narrow_terminal_and_has_units(run: Run, terminal: Run) -> None:
    told = terminal("doctor", COLUMNS="50", NO_COLOR="1").out
    assert max(len(line) for line in told.splitlines() if "/" not in line) <= 50
    assert " free\n" in told
    assert "bytes" not in run("doctor").out
    assert isinstance(run("doctor", "--json").data[1]["health"]["details"]["free_bytes"], int)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("bytes", 36_864, "36.9 kB"),
        ("free_bytes", 80_000_000_000, "80.0 GB free"),
        ("read_ahead_bytes", 12, "12 bytes read ahead"),
        ("bytes", "many", "bytes many"),
        ("tries", 3, "tries 3"),
    ],
)
def test_details_that_count_bytes_have_units(key: str, value: object, text: str) -> None:
    from purveyor.cli.commands.doctor import _detail

    assert _detail(key, value) == text


def test_doctor_tells_what_the_checks_found_without_secrets(
    run: Run, things: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "hunter2hunter2")
    write("""\
[providers.slow]
driver = "things:Checked"
secret = { env = "KEY" }
[providers.sick]
driver = "things:Checked"
secret = { env = "KEY" }
fail = "check"
""")
    result = run("doctor")
    assert (result.code, result.err) == (1, "1 of 2 providers failed\n")
    slow, sick = result.out.splitlines()
    assert slow.split()[:2] == ["slow", "degraded"]
    assert "is slow  tries 3, since 2026-01-02, key " in slow
    assert "failed  provider sick is not healthy: " in sick
    assert "hunter2" not in result.out
    one, two = run("doctor", "--json").data
    assert (one["ok"], one["health"]["state"], one["health"]["details"]["tries"]) == (True, "degraded", 3)
    assert (two["ok"], two["health"], two["error"]["type"]) == (False, None, "ProviderUnhealthyError")
    assert "hunter2" not in str((one, two))


def test_doctor_tells_what_fails_and_goes_on(run: Run, things: Path) -> None:
    write("""\
[providers.start]
driver = "things:Thing"
fail = "start"
[providers.stop]
driver = "things:Thing"
fail = "stop"
[providers.fine]
driver = "things:Thing"
[providers.forgetful]
driver = "things:Forgetful"
[providers.dumb]
driver = "things:Forgetful"
fail = "get"
[providers.own_memory]
driver = "things:OwnMemory"
[providers.own_storage]
driver = "things:OwnStorage"
[providers.garbling]
driver = "things:Garbling"
[providers.database]
driver = "memory.sqlite"
path = "letter.db"
[providers.absent]
driver = "no.such:Thing"
required = false
""")
    Path("letter.db").write_text("dear friend " * 1000)
    result = run("doctor")
    assert result.code == 1
    assert result.err.endswith("7 of 10 providers failed\n")
    lines = {line.split()[0]: line for line in result.out.splitlines()}
    assert "failed  RuntimeError: start cannot start" in lines["start"]
    assert "failed  RuntimeError: stop cannot stop" in lines["stop"]
    assert "it cannot read" in lines["dumb"]
    assert [lines[name].split()[1] for name in ("fine", "own_memory", "own_storage")] == ["ok"] * 3
    assert "what was read is not what was written" in lines["forgetful"]
    assert "what was read is not what was written" in lines["garbling"]
    assert "letter.db" in lines["database"]
    assert "there is no module no" in lines["absent"]
    assert run("storage", "list", "garbling", "--json").data["objects"] == []
    failed = [finding["error"]["type"] for finding in run("doctor", "--json").data if not finding["ok"]]
    assert failed == [
        "RuntimeError", "RuntimeError", "WrongAnswerError", "RuntimeError", "WrongAnswerError", "StoreCorruptError", "DriverLoadError",
    ]  # fmt: skip


# --- completion -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(run: Run, shell: str) -> None:
    script = run("completion", shell).out
    assert "_PURVEYOR_COMPLETE" in script
    assert run("completion", shell, "--json").data == {"shell": shell, "script": script.removesuffix("\n")}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("purveyor sto", ["plain,storage"]),
        ("purveyor memory get n", ["plain,notes"]),
        ("purveyor -c other.toml memory get ", ["plain,mine"]),
        ("purveyor -c broken.toml memory get ", []),
    ],
)
def test_shells_complete_commands_and_names_of_providers(words: str, found: list[str]) -> None:
    write('[providers.mine]\ndriver = "memory.inprocess"\n', "other.toml")
    write("[providers", "broken.toml")
    environment = {
        "_PURVEYOR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")),
    }  # fmt: skip
    result = subprocess.run(
        [str(Path(sys.executable).with_name("purveyor"))],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == found


def test_it_can_be_run_as_a_module(spawn: Spawn) -> None:
    result = spawn("--version").end()
    assert (result.code, result.out) == (0, f"purveyor {metadata.version('purveyor')}\n")


@pytest.mark.parametrize(
    "key",
    ["api-key", "pwd", "passphrase", "passcode", "signing_key", "sign-key", "encryption-key", "dsn", "cookie", "bearer",
     "Authorization", "password", "private-key", "access-key"],
)  # fmt: skip
def test_what_a_name_tells_to_be_secret_is_masked(key: str) -> None:
    from purveyor.cli.declared import masked_config

    for value in ("hunter2", 31337, 1.5):
        assert masked_config({key: value}) == {key: "********"}
    for unmasked in (True, None, ""):
        assert masked_config({key: unmasked}) == {key: unmasked}
    assert masked_config({"design": "x", "signal": 2, "author": "me"}) == {
        "design": "x",
        "signal": 2,
        "author": "me",
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://u:hunt/e#r@2@h/db", "postgres://u:********@h/db"),
        ("u:hunter2@tcp(h:3306)/db", "u:********@tcp(h:3306)/db"),
        ("postgres://u@h/db?password=hunter2&x=1", "postgres://u@h/db?password=********&x=1"),
        ("host=db PWD='hunter 2' user=u", "host=db PWD=******** user=u"),
        ('client_secret = "hunter 2"; token=hunter2', "client_secret = ********; token=********"),
        ("http://host:8080/path", "http://host:8080/path"),
        ("10:30 to 11:30", "10:30 to 11:30"),
    ],
)
def test_a_password_inside_of_a_text_is_masked(text: str, shown: str) -> None:
    from purveyor.cli.declared import masked_config

    assert masked_config({"x": text}) == {"x": shown}
