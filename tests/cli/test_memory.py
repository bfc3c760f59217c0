"""`purveyor memory`, on the embedded `notes`."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PURVEYOR, Run, Spawn


def put(run: Run, key: str, value: object, *options: str) -> None:
    assert run("memory", "put", "notes", key, json.dumps(value), *options).code == 0


def standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_put_get_delete(run: Run) -> None:
    stored = run(
        "memory", "put", "notes", "n1", '{"page": 3}', "-n", "alice", "--metadata", "from=me", "--ttl", "60"
    )
    assert (stored.code, stored.out, stored.err) == (0, "", "stored alice/n1\n")
    assert run("memory", "get", "notes", "n1", "-n", "alice").out == '{"page": 3}\n'
    item = json.loads(run("memory", "get", "notes", "n1", "-n", "alice", "--item").out)
    assert (item["namespace"], item["value"], item["metadata"]) == (["alice"], {"page": 3}, {"from": "me"})
    assert item["expires"] - item["updated"] == pytest.approx(60)
    deleted = run("memory", "delete", "notes", "n1", "-n", "alice")
    assert (deleted.code, deleted.out, deleted.err) == (0, "", "deleted alice/n1\n")


@pytest.mark.parametrize("verb", ["get", "delete"])
def test_what_is_not_there_is_exit_code_1(run: Run, verb: str) -> None:
    result = run("memory", verb, "notes", "k", "-n", "a")
    assert (result.code, result.out, result.err) == (1, "", "error: notes a/k: no such item\n")
    error = run("memory", verb, "notes", "k", "--json").error
    hint = "it may stand in a namespace: give it with --namespace; `purveyor memory list notes` shows all"
    assert error == {"type": "ItemNotFoundError", "what": "no such item", "where": "notes k", "hint": hint}


def test_every_verb_has_its_json(run: Run) -> None:
    stored = run("memory", "put", "notes", "k", '"ship ahoy"', "--json").data
    assert run("--json", "memory", "get", "notes", "k").data == stored
    assert stored.keys() == {
        "namespace", "key", "value", "metadata", "version", "created", "updated", "expires",
    }  # fmt: skip
    assert run("memory", "--json", "list", "notes").data == {"items": [stored], "cursor": None}
    assert run("memory", "count", "notes", "--json").data == {"count": 1}
    found = run("memory", "search", "notes", "ship", "--json").data
    assert [hit["item"] for hit in found["hits"]] == [stored]
    assert found["hits"][0]["snippet"] == "**ship** ahoy"
    assert run("memory", "delete", "notes", "k", "--json").data == {"deleted": True}


def test_text_goes_in_and_out_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, 'a "word"\x1b and é'.encode())
    assert run("memory", "put", "notes", "k", "-", "--text").code == 0
    assert run("memory", "get", "notes", "k", "--text").out == 'a "word"\x1b and é\n'
    assert run("memory", "get", "notes", "k").out == '"a \\"word\\"\\u001b and é"\n'
    put(run, "k", 3)
    refused = run("memory", "get", "notes", "k", "--text")
    assert refused.code == 2
    assert "the value is not a string" in refused.err


def test_json_comes_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, b'{"a": [1, 2.5, null]}\n')
    assert run("memory", "put", "notes", "k", "-").code == 0
    assert run("memory", "get", "notes", "k").out == '{"a": [1, 2.5, null]}\n'
    standard_input(monkeypatch, b"\xff")
    refused = run("memory", "put", "notes", "k", "-")
    assert refused.code == 2
    assert "standard input is not UTF-8" in refused.err


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("hello", "VALUE: this is not JSON: "),
        ('{"a": 1, "a": 2}', "VALUE: this is not JSON: the key 'a' is there twice"),
        ("[" * 100_000, "VALUE: this is not JSON: nested too deeply"),
        ("NaN", "value: "),
        (str(2**70), "value: "),
        ('"\\ud800"', "value: "),
        ('{"a": ["\\ud800"]}', "value.a[0]: "),
    ],
)
def test_a_value_that_is_not_json_is_refused(run: Run, value: str, problem: str) -> None:
    result = run("memory", "put", "notes", "k", value)
    assert result.code == 2
    assert result.err.startswith(f"error: {problem}")
    assert run("memory", "count", "notes").out == "0\n"


@pytest.mark.parametrize("key", ["", "x" * 1025, "\udcff"])
def test_a_key_that_cannot_be_is_refused(run: Run, key: str) -> None:
    result = run("memory", "put", "notes", key, "1")
    assert result.code == 2
    assert result.err.startswith("error: key: ")


def test_conditions(run: Run) -> None:
    put(run, "k", 1)
    refused = run("memory", "put", "notes", "k", "2", "--create-only")
    assert (refused.code, refused.err.splitlines()[0]) == (
        1, "error: k: expected it to be absent, but it is at 1",
    )  # fmt: skip
    assert run("memory", "put", "notes", "k", "2", "--if-version", "9").code == 1
    assert run("memory", "delete", "notes", "k", "--if-version", "9").code == 1
    assert run("memory", "put", "notes", "k", "2", "--if-version", "1").code == 0
    assert run("memory", "get", "notes", "k").out == "2\n"


def test_list_is_a_table_in_pages(run: Run) -> None:
    for number in range(3):
        put(run, f"k{number}", {"n": number, "text": "word " * 40}, "-n", "s")
    result = run("memory", "list", "notes", "--limit", "2")
    header, first, second = result.out.splitlines()
    assert header.split() == ["key", "updated", "value"]
    assert re.match(r's/k0  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  {"n": 0, "text": "word word', first)
    assert ("word " * 40)[:-1] in first, "what is no terminal gets all of it"
    assert second.startswith("s/k1  ")
    cursor = result.err.removeprefix("there is more: --cursor ").rstrip("\n").removesuffix(", or --all")
    rest = run("memory", "list", "notes", "--limit", "2", "--cursor", cursor)
    assert [line.split()[0] for line in rest.out.splitlines()] == ["key", "s/k2"]
    assert rest.err == ""
    every = run("memory", "list", "notes", "--limit", "1", "--all", "--descending")
    assert [line.split()[0] for line in every.out.splitlines()] == ["key", "s/k2", "s/k1", "s/k0"]
    assert run("memory", "list", "notes", "-n", "elsewhere").err == "nothing found\n"


def test_one_long_value_does_not_widen_the_other_rows(run: Run) -> None:
    put(run, "long", "x" * 10_000)
    put(run, "short", 1)
    assert len(run("memory", "list", "notes").out.splitlines()[-1]) < 50


@pytest.mark.parametrize(
    ("driver", "warned"),
    [
        ('driver = "memory.inprocess"', True),
        ('driver = "memory.sqlite"\npath = ":memory:"', True),
        ('driver = "memory.sqlite"\npath = "notes.db"', False),
    ],
)
def test_what_is_put_into_this_process_only_is_warned_about(
    run: Run, folder: Path, driver: str, warned: bool
) -> None:
    (folder / "purveyor.toml").write_text(f"[providers.m]\n{driver}\n")
    warning = "warning: m keeps items in this process only: what is put is gone when this command ends\n"
    result = run("memory", "put", "m", "k", "1")
    assert (result.code, result.err) == (0, (warning if warned else "") + "stored k\n")
    assert run("memory", "count", "m").err == ""


def test_where_filters(run: Run) -> None:
    for number in range(3):
        put(run, f"k{number}", {"n": number})
    where = '{"n": {"$gt": 0}}'
    assert run("memory", "count", "notes", "--where", where).out == "2\n"
    assert len(run("memory", "list", "notes", "--where", where, "--json").data["items"]) == 2
    assert run("memory", "count", "notes", "--where", '{"n": {"$gtt": 0}}').code == 2
    refused = run("memory", "count", "notes", "--where", "{n: 1}")
    assert refused.code == 2
    assert "'--where': this is not JSON" in refused.err


def test_metadata_is_key_value_pairs(run: Run) -> None:
    for wrong in ("a", "=b"):
        refused = run("memory", "put", "notes", "k", "1", "--metadata", wrong)
        assert refused.code == 2
        assert "is not KEY=VALUE" in refused.err
    twice = run("memory", "put", "notes", "k", "1", "--metadata", "a=1", "--metadata", "a=2")
    assert "'a' is there twice" in twice.err


def test_search_ranks_and_marks(run: Run) -> None:
    put(run, "much", "ship ship ship\n=====\nf(**kwargs)")
    put(run, "little", "a ship among many other words that say nothing of the kind, nor of another")
    put(run, "none", "a train")
    result = run("memory", "search", "notes", "ships", "--limit", "1")
    head, snippet = result.out.splitlines()
    assert head == "1  much"
    assert snippet == "   ship ship ship f(**kwargs)"
    assert result.err.startswith("there is more: --cursor ")
    assert run("memory", "search", "notes", "plane").err == "nothing found\n"


def test_search_marks_in_bold_on_a_terminal(run: Run, terminal: Run) -> None:
    put(run, "k", "the ship sails")
    assert "the \x1b[1mship\x1b[0m sails" in terminal("memory", "search", "notes", "ship").out
    plain = terminal("memory", "search", "notes", "ship", NO_COLOR="1").out
    assert "the ship sails" in plain
    assert "\x1b" not in plain


def test_a_snippet_is_wrapped_below_its_key_on_a_terminal(run: Run, terminal: Run) -> None:
    put(run, "k", "the ship " + "sails on and on " * 20)
    head, *lines = terminal("memory", "search", "notes", "ship", NO_COLOR="1", COLUMNS="60").out.splitlines()
    assert head == "1  k"
    assert len(lines) > 1
    assert all(line.startswith("   ") and line == line.rstrip() and len(line) <= 60 for line in lines)


def test_a_terminal_gets_indented_json_and_short_tables(run: Run, terminal: Run) -> None:
    put(run, "k", {"text": "word " * 40, "odd": "\x9b31m\x1b[2J"})
    shown = terminal("memory", "get", "notes", "k").out
    assert shown.startswith('{\n  "text": "word')
    assert "\x9b" not in shown
    _header, row = terminal("memory", "list", "notes", NO_COLOR="1").out.splitlines()
    assert len(row) <= 100
    assert "…" in row
    put(run, "k", "\x1b[2Jgone")
    assert "\\x1b[2Jgone" in terminal("memory", "get", "notes", "k", "--text").out


def test_it_works_while_the_system_runs_on_the_same_files(run: Run, spawn: Spawn) -> None:
    up = spawn("up", "--port", "0", "--quiet")
    up.wait_for("http://")
    put(run, "k", "beside it")
    assert run("memory", "get", "notes", "k").out == '"beside it"\n'
    assert run("storage", "put", "files", "a/b.txt", __file__).code == 0
    assert run("storage", "delete", "files", "a/b.txt").code == 0


def test_a_provider_that_is_not_there_or_no_memory(run: Run) -> None:
    missing = run("memory", "count", "note")
    assert (missing.code, missing.err) == (
        2, "error: Provider note not found\n       did you mean 'notes'?\n",
    )  # fmt: skip
    other = run("memory", "count", "files")
    assert other.code == 2
    assert other.err == (
        "error: Provider files is a LocalStorage, not a MemoryProvider\n       use 'purveyor storage'\n"
    )
    assert run("memory", "get", "files", "k").err.endswith("       use 'purveyor storage get'\n")
    error = run("storage", "get", "notes", "x", "--json").error
    assert (error["type"], error["hint"]) == ("ProviderTypeError", "use 'purveyor memory get'")


def test_a_provider_of_no_family_has_no_command(run: Run, things: Path) -> None:
    (things / "purveyor.toml").write_text('[providers.t]\ndriver = "things:Thing"\n')
    assert run("memory", "get", "t", "k", "--json").error["hint"] is None


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ["put", "notes", "k", "1", "--ttl", "5x"],
            """'--ttl': expected a duration: seconds, or a string like "500ms", "30s", "5m", "1h"; this is '5x'""",
        ),
        (["put", "notes", "k", "1", "--ttl", "0"], "'--ttl': expected a duration above zero; this is '0'"),
        (["list", "notes", "--limit", "x"], "'--limit': expected a whole number from 1 to 10000, not 'x'"),
        (["search", "notes", "a", "--limit", "0"], "'--limit': expected a whole number from 1 to 10000, not '0'"),
    ],
)
def test_a_number_that_is_none(run: Run, arguments: list[str], problem: str) -> None:
    result = run("memory", *arguments)
    assert (result.code, result.err.splitlines()[0]) == (2, f"error: Invalid value for {problem}")


@pytest.mark.parametrize(("ttl", "seconds"), [("1h", 3600), ("60", 60), ("1.5m", 90)])
def test_a_time_to_live_has_a_unit_or_is_in_seconds(run: Run, ttl: str, seconds: float) -> None:
    item = run("memory", "put", "notes", "k", "1", "--ttl", ttl, "--json").data
    assert item["expires"] - item["updated"] == pytest.approx(seconds)


def test_an_optional_provider_whose_driver_is_missing(run: Run, folder: Path) -> None:
    (folder / "purveyor.toml").write_text('[providers.m]\ndriver = "no.such:Thing"\nrequired = false\n')
    result = run("memory", "count", "m")
    assert result.code == 2
    assert "there is no module no" in result.err


def test_warnings_of_the_configuration_are_told_on_request(run: Run, folder: Path) -> None:
    optional = '[providers.o]\ndriver = "no.such:Thing"\nrequired = false\n'
    (folder / "purveyor.toml").write_text(f'[providers.m]\ndriver = "memory.inprocess"\n{optional}')
    assert run("memory", "count", "m").err == ""
    assert run("memory", "count", "m", "-v").err.startswith("warning: purveyor.toml:4:1 providers.o.driver")


def test_an_operation_that_fails_is_told_rather_than_the_cleanup_after_it(run: Run, things: Path) -> None:
    (things / "purveyor.toml").write_text('[providers.m]\ndriver = "things:Forgetful"\nfail = "stop"\n')
    assert run("memory", "put", "m", "", "1").err.startswith("error: key: ")
    assert "error: providers failed to clean up: it sticks" in run("memory", "put", "m", "k", "1").err


def test_a_driver_without_text_search_says_so(run: Run, folder: Path) -> None:
    (folder / "purveyor.toml").write_text('[providers.m]\ndriver = "memory.inprocess"\n')
    result = run("memory", "search", "m", "x")
    assert result.code == 1
    assert "does not support" in result.err


def test_a_file_that_is_no_database_is_named_with_its_provider(run: Run, folder: Path) -> None:
    (folder / ".purveyor").mkdir()
    (folder / ".purveyor/notes.db").write_text("this is a letter, and nothing of a database" * 100)
    result = run("memory", "count", "notes")
    assert result.code == 1
    assert result.err.startswith("error: provider notes: memory.sqlite ")
    assert "Failed to register" not in result.err, "told once"


def test_a_value_that_begins_with_a_dash(run: Run) -> None:
    refused = run("memory", "put", "notes", "k", "-5")
    assert refused.code == 2
    assert "put -- before a value that begins with '-'" in refused.err
    assert run("memory", "put", "notes", "k", "--", "-5").code == 0
    assert run("memory", "get", "notes", "k").out == "-5\n"


def test_a_closed_pipe_is_silent(run: Run) -> None:
    put(run, "k", "x" * 300_000)
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    writer: Any = subprocess.Popen(
        [*PURVEYOR, "memory", "get", "notes", "k"], stdout=reader.stdin, stderr=subprocess.PIPE
    )
    assert reader.stdin
    reader.stdin.close()
    _, err = writer.communicate()
    assert (writer.returncode, err) == (1, b"")
