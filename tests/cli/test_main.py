"""What all commands share: help, usage errors, exit codes, colour, the log, and what starts fast."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from rich.text import Text

from purveyor.cli import main
from purveyor.cli.options import Group, Settings
from purveyor.cli.output import InProvider, Output, describe, visible
from purveyor.cli.root import root
from purveyor.cli.root import run as run_line
from purveyor.errors import InvalidInputError
from tests.cli.conftest import Run


def imported(*arguments: str) -> set[str]:
    code = (
        "import sys, purveyor.cli\n"
        f"try: purveyor.cli.main({list(arguments)!r}) if {bool(arguments)} else None\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--version",)])
def test_help_and_version_import_click_and_nothing_heavy(arguments: tuple[str, ...]) -> None:
    heavy = {"rich", "pydantic", "asyncio", "starlette", "uvicorn", "apsw", "prometheus_client"}
    assert not imported(*arguments) & heavy


def test_each_command_is_called_what_its_group_calls_it() -> None:
    assert isinstance(root, Group)
    for name, (module, summary) in root.lazy.items():
        command = import_module(module).command
        assert command.name == name
        assert command.help.splitlines()[0] == summary


def test_help_lists_commands_and_sets_the_global_options_apart(run: Run) -> None:
    result = run("--help")
    assert result.code == 0
    assert "  memory      Read, write and search the items of a memory.\n" in result.out
    assert result.out.index("Commands:") < result.out.index("Options:") < result.out.index("Global options:")
    own, shared = run("memory", "list", "-h").out.split("Global options:")
    assert "--descending" in own
    assert "--config" in shared
    assert "  search " in run("memory", "--help").out


@pytest.mark.parametrize("arguments", [(), ("memory",)])
def test_a_group_alone_shows_its_help_as_a_usage_error(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: purveyor")


@pytest.mark.parametrize(
    ("arguments", "problem", "hint"),
    [
        (["lst"], "No such command 'lst'. Did you mean 'list'?", "'purveyor --help'"),
        (["xyzzy"], "No such command 'xyzzy'", "'purveyor --help'"),
        (["memory", "gt"], "No such command 'gt'. Did you mean 'get'?", "'purveyor memory --help'"),
        (["--xyzzy"], "No such option '--xyzzy'", "'purveyor --help'"),
        (["list", "--color", "pink"], "Invalid value for '--color'", "'purveyor list --help'"),
        (["show"], "Missing argument 'NAME'", "'purveyor show --help'"),
        (["--port", "3"], "--port is an option of 'purveyor up'", "'purveyor up --help'"),
        (["--no-watch", "up"], "--no-watch is an option of 'purveyor up'", "'purveyor up --help'"),
        (
            ["memory", "--limit", "3", "list"],
            "--limit is an option of 'purveyor memory list' and 'purveyor memory search'",
            "'purveyor memory list --help'",
        ),
        (["--ttl", "3"], "--ttl is an option of 'purveyor memory put'", "'purveyor memory put --help'"),
    ],
)
def test_usage_errors(run: Run, arguments: list[str], problem: str, hint: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    first, second = result.err.splitlines()
    assert first.startswith(f"error: {problem}")
    assert second.strip().startswith(hint)
    as_json = run(*arguments, "--json")
    assert as_json.code == 2
    assert as_json.err == ""
    assert as_json.error["what"].startswith(problem)


def test_whose_option_it_is_is_not_asked_of_a_command_whose_extra_is_missing() -> None:
    group = Group("g", lazy={"gone": ("no_such_module_xyz", "Is not there.")})
    with pytest.raises(click.NoSuchOption, match="--port"):
        group.main(["--port"], standalone_mode=False)


def test_no_summary_is_cut_in_the_help_of_a_group(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for group in ("memory", "storage", "migrate"):
        commands, _, _ = run(group, "--help").out.partition("Options:")
        assert "..." not in commands.partition("Commands:")[2]


def test_what_follows_two_dashes_is_no_option(run: Run) -> None:
    result = run("show", "--", "--json", "x")
    assert (result.code, result.out) == (2, "")


def test_global_options_count_wherever_they_stand() -> None:
    @root.command("probe")
    @click.pass_obj
    def probe(settings: Settings) -> None:
        seen.append(settings)

    seen: list[Settings] = []
    try:
        for line in (
            "-c f -p dev --json -q -vv --color never probe",
            "probe -c f -p dev --json -q -vv --color never",
        ):
            root.main(line.split(), standalone_mode=False, obj=Settings())
    finally:
        del root.commands["probe"]
    assert seen == [Settings("f", "dev", True, True, 2, "never")] * 2


@pytest.mark.parametrize(
    ("module", "arguments", "requirement"),
    [
        ("click", ["--help"], "purveyor[cli]"),
        ("rich", ["list"], "purveyor[cli]"),
        ("pydantic", ["list"], "purveyor[config]"),
        ("starlette", ["up"], "purveyor[http]"),
        ("uvicorn", ["up"], "purveyor[http]"),
    ],
)
def test_a_missing_extra_is_named(module: str, arguments: list[str], requirement: str) -> None:
    code = (
        "import sys\n"
        f"for name in [name for name in sys.modules if name.partition('.')[0] == {module!r}]: del sys.modules[name]\n"
        f"sys.modules[{module!r}] = None\n"
        f"from purveyor.cli import main; main({arguments!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"pip install '{requirement}'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("modules", "configuration", "named", "requirement"),
    [
        (["uvicorn"], None, "uvicorn", "'purveyor[http]'"),
        (
            ["pydantic", "starlette", "prometheus_client", "apsw"],
            None,
            "pydantic (and starlette, prometheus_client, apsw)",
            "'purveyor[config,http,metrics,sqlite]'",
        ),
        (["rich", "uvicorn", "apsw"], None, "rich (and uvicorn, apsw)", "'purveyor[cli,http,sqlite]'"),
        (["click", "rich"], "not toml", "click (and rich)", "'purveyor[cli]'"),
        (["starlette", "apsw"], "not toml", "starlette", "'purveyor[http]'"),
        (["starlette", "apsw"], "providers = 3", "starlette", "'purveyor[http]'"),
        (
            ["starlette", "apsw"],
            (
                '[providers]\nx = 3\na.driver = "memory.inprocess"\nb.driver = "gone"\n'
                'c.driver = "memory.sqlite"\nd.driver = "own:Class"\ne.path = "x"\nf.driver = "memory.sqlite"'
            ),
            "starlette (and apsw)",
            "'purveyor[http,sqlite]'",
        ),
        (
            ["starlette", "apsw"],
            '[providers.a]\ndriver = "memory.sqlite"\n[profiles.p.providers.a]\ndriver = "memory.inprocess"',
            "starlette",
            "'purveyor[http]'",
        ),
    ],
)
def test_all_extras_that_up_lacks_are_named_at_once(
    modules: list[str], configuration: str | None, named: str, requirement: str
) -> None:
    if configuration is not None:
        Path("purveyor.toml").write_text(configuration)
    Path("own.py").write_text("print('it is run')")
    profile = ["-p", "p"] if configuration and "profiles" in configuration else []
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({modules!r}))\n"
        f"from purveyor.cli import main; main({[*profile, 'up', '--port', '0']!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: purveyor up needs the module {named}, which is not installed")
    assert done.stderr.endswith(f"pip install {requirement}\n")


def test_requirements_of_several_distributions_stand_apart() -> None:
    from purveyor.cli.extras import _together

    assert _together(["purveyor[http]", "shop[a,b]", "purveyor[cli]"]) == "purveyor[cli,http]' 'shop[a,b]"


@pytest.mark.parametrize("module", ["purveyor", "purveyor.cli"])
def test_it_runs_as_a_module(module: str) -> None:
    command = [sys.executable, "-m", module, "list", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [row["name"] for row in json.loads(done.stdout)["data"]] == ["notes", "files"]


def test_a_module_that_nobody_promised_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ModuleNotFoundError("no module", name="xyzzy")

    monkeypatch.setattr("purveyor.cli.root.run", broken)
    with pytest.raises(ModuleNotFoundError):
        main([])


# --- errors ---------------------------------------------------------------------------------------------


def report(error: Exception, capsys: pytest.CaptureFixture[str], **settings: Any) -> tuple[int, str]:
    code = Output(Settings(**settings)).failure(error)
    return code, capsys.readouterr().err


def test_an_error_of_the_operating_system(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(PermissionError(13, "Permission denied", "/x"), capsys) == (1, "error: /x: Permission denied\n")
    assert report(OSError("odd"), capsys)[1].startswith("error: OSError: odd\n")


def test_an_unexpected_error_shows_its_traceback_on_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        raise KeyError("k")
    except KeyError as caught:
        error = caught
    assert report(error, capsys) == (1, "error: KeyError: 'k'\n       -vv shows the traceback\n")
    assert "Traceback" in report(error, capsys, verbose=2)[1]
    monkeypatch.setenv("PURVEYOR_DEBUG", "1")
    assert "Traceback" in report(InProvider("p", error), capsys)[1]


def test_an_error_in_a_provider_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    error = InProvider("p", InvalidInputError("key", "is empty", "give one"))
    assert report(error, capsys) == (2, "error: provider p: key: is empty\n       give one\n")
    assert describe(InProvider("p", RuntimeError()))["what"] == "RuntimeError"


def test_a_plain_click_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(click.ClickException("broken"), capsys) == (1, "error: broken\n")


def test_control_characters_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in report(InvalidInputError("key", "is \x1b[2J"), capsys)[1]
    assert visible("a\x1b\x9b\tb\n") == "a\\x1b\\x9b\tb\n"


def test_ctrl_c_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("purveyor.cli.commands.list.load", interrupted)
    result = run("list")
    assert (result.code, result.out) == (130, "")
    assert result.err.strip() == ""


def test_a_pipe_that_is_closed_before_the_first_byte() -> None:
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    writer = subprocess.Popen(
        [sys.executable, "-m", "purveyor.cli", "--version"], stdout=reader.stdin, stderr=subprocess.PIPE
    )
    assert reader.stdin
    reader.stdin.close()
    _, err = writer.communicate()
    assert (writer.returncode, err) == (1, b"")


def test_text_that_a_terminal_cannot_encode_is_escaped() -> None:
    code = "import sys; from purveyor.cli import main; main(['memory', *sys.argv[1:]])"
    environment = {"PYTHONIOENCODING": "latin-1", "PATH": "/usr/bin:/bin"}

    def purveyor(*arguments: str) -> bytes:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, capture_output=True, check=True, env=environment).stdout

    purveyor("put", "notes", "k", '"\u20ac"')
    assert purveyor("get", "notes", "k") == b'"\\u20ac"\n'
    assert b'"\\u20ac"' in purveyor("list", "notes")


def test_output_may_go_to_any_text_file(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert run_line(["list", "--json"]) == 0
    assert json.loads(out.getvalue())["data"][0]["name"] == "notes"


# --- colour ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "env", "on_terminal", "colourful"),
    [
        ((), {}, True, True),
        ((), {}, False, False),
        ((), {"NO_COLOR": "1"}, True, False),
        ((), {"FORCE_COLOR": "1"}, False, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, True, False),
        (("--color", "always"), {"NO_COLOR": "1"}, False, True),
        (("--color", "always", "--json"), {}, False, False),
    ],
)
def test_colour(
    run: Run,
    terminal: Run,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    env: dict[str, str],
    on_terminal: bool,
    colourful: bool,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    text = (terminal if on_terminal else run)("list", *options).out
    assert "notes" in text
    assert ("\x1b[" in text) is colourful


# --- the log --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "seen", "unseen"),
    [
        ((), ["warning: it failed\n"], ["begins with", "Failed to register", "Traceback"]),
        (("-q",), [], ["it failed", "begins with"]),
        (
            ("-v",),
            ["warning: things: it failed\n", "info: things: begins with 0\n", "purveyor.manager: "],
            ["Traceback"],
        ),
        (("-vv",), ["ConnectionError: nobody answers"], []),
    ],
)
def test_the_log_is_as_loud_as_is_asked_for(
    run: Run, things: Path, options: tuple[str, ...], seen: list[str], unseen: list[str]
) -> None:
    Path("purveyor.toml").write_text('[providers.t]\ndriver = "things:Thing"\nfail = "start"\n')
    err = run("doctor", *options).err
    assert all(text in err for text in seen)
    assert not any(text in err for text in unseen)


def test_a_log_record_that_cannot_be_formatted_breaks_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run("list")
    run("list")  # replaces the handler of the first
    [handler] = [each for each in logging.getLogger().handlers if type(each).__module__ == "purveyor.cli.logs"]
    monkeypatch.setattr(logging, "raiseExceptions", True)
    handler.handle(logging.makeLogRecord({"msg": "%d", "args": ("no number",)}))
    assert capfd.readouterr().err.count("--- Logging error ---") == 1


# --- secrets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fail", ["", "start", "stop"])
def test_a_secret_shows_nowhere(run: Run, things: Path, monkeypatch: pytest.MonkeyPatch, fail: str) -> None:
    monkeypatch.setenv("MARKER", "hunter2")
    Path("marker").write_text("hunter2\n")
    Path("purveyor.toml").write_text(
        '[providers.t]\ndriver = "things:Thing"\nsecret = { env = "MARKER" }\n'
        f'options = {{ deep = {{ file = "marker" }}, password = "hunter2" }}\nfail = "{fail}"\n'
    )
    commands = ["list", "check", "show t", "show wrong", "doctor", "drivers", "memory count t", "storage list t"]
    if fail == "start":
        commands.append("up --port 0")
    for command in commands:
        for option in ("--json", "-vv"):
            result = run(*command.split(), option)
            assert "hunter2" not in result.out + result.err


@pytest.mark.parametrize(
    ("secret", "known"), [("hunter2", True), ("it's\n\x1b[2J\"hunter2", True), ("set", False)]
)
def test_a_secret_that_a_driver_tells_is_redacted(
    run: Run, terminal: Run, things: Path, monkeypatch: pytest.MonkeyPatch, secret: str, known: bool
) -> None:
    monkeypatch.setenv("MARKER", secret)
    lines = ['driver = "things:Thing"', 'secret = { env = "MARKER" }', 'fail = "tell"']
    optional = "\n".join(["[providers.o]", *lines, "required = false"])
    Path("purveyor.toml").write_text("\n".join([optional, "[providers.t]", *lines]))
    for command in ("doctor", "storage list t", "up --port 0", "show t"):
        for options in ((), ("--json",), ("-vv",)):
            for result in (run(*command.split(), *options), terminal(*command.split(), *options)):
                assert ("hunter2" in result.out + result.err) is False
                if command == "doctor" or (command == "up --port 0" and options != ("--json",)):
                    assert ("**********" in result.out + result.err) is known


def test_a_styled_text_is_redacted_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Settings(secrets={"hunter2"})).note(Text.assemble("it is ", ("hunter2", "bold")))
    assert capsys.readouterr().err == "it is **********\n"


def test_what_a_user_stored_is_no_secret(run: Run, things: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKER", "hunter2")
    memory = '[providers.m]\ndriver = "memory.sqlite"\npath = "m.db"\n'
    thing = '[providers.t]\ndriver = "things:Thing"\nsecret = { env = "MARKER" }\n'
    Path("purveyor.toml").write_text(memory + thing)
    run("memory", "put", "m", "k", "--text", "hunter2")
    assert run("memory", "get", "m", "k", "--text").out == "hunter2\n"
    assert run("memory", "get", "m", "k", "--json").data["value"] == "hunter2"


def test_a_secret_at_a_wrong_place_is_not_quoted(run: Run, terminal: Run, things: Path) -> None:
    Path("purveyor.toml").write_text(
        '[providers.t]\ndriver = "things:Thing"\nsecret = ["hunter2"]\nvalue = "hunter2"\nsecrt = "hunter2"\n'
    )
    for result in (run("check", "-vv"), terminal("check", "-vv")):
        assert result.code == 2
        assert "hunter2" not in result.out + result.err
