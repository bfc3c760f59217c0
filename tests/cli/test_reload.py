"""`purveyor reload`, asked of a real `purveyor up`."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from purveyor.cli.runtime import ask
from purveyor.errors import ConfigError
from tests.cli.conftest import Child, Run, Spawn
from tests.cli.test_up import configure, thing

pytestmark = pytest.mark.usefixtures("things")


@contextmanager
def running(spawn: Spawn, *options: str) -> Iterator[Child]:
    up = spawn("up", *options)
    up.wait_for('SIGHUP reloads|"ready"')
    yield up
    up.send(signal.SIGTERM)
    assert up.end().code == 0


def test_what_changed_is_changed_and_told_on_both_sides(spawn: Spawn, run: Run) -> None:
    configure(thing("a", value=1) + thing("b"))
    with running(spawn) as up:
        configure(thing("a", value=2) + thing("c"))
        result = run("reload")
        assert (result.code, result.out) == (0, "")
        assert result.err == "reloaded: added c; changed a; removed b\n"
        up.wait_for("reloaded: added c; changed a; removed b\n")
        assert run("reload").err == "reloaded: nothing has changed\n"


def test_what_counts_only_after_a_restart_is_told_on_both_sides(spawn: Spawn, run: Run) -> None:
    configure(thing("a"))
    with running(spawn, "--watch") as up:
        Path("beside").write_text("[server]\nport = 0\nwatch = true\n" + thing("a"))
        Path("beside").replace("purveyor.toml")
        warning = "warning: only after a restart: server.watch\n"
        up.wait_for(f"{warning}reloaded: nothing has changed\n")
        assert run("reload").err == f"{warning}reloaded: nothing has changed\n"
        assert run("reload", "--json").data["postponed"] == ["server.watch"]


def test_one_alone(spawn: Spawn, run: Run) -> None:
    configure(thing("a", value=1) + thing("b", value=1))
    with running(spawn):
        configure(thing("a", value=2) + thing("b", value=2))
        assert run("reload", "b").err == "reloaded: changed b\n"
        assert run("reload", "b").err == "reloaded: changed b\n"
        assert run("reload").err == "reloaded: changed a\n"
        unknown = run("reload", "bee")
        assert unknown.code == 2
        assert "error: Provider bee not found" in unknown.err


def test_json(spawn: Spawn, run: Run) -> None:
    configure(thing("a", value=1))
    with running(spawn, "--json") as up:
        configure(thing("a", value=1) + thing("b", fail="start"))
        result = run("reload", "--json")
        assert result.code == 1
        failed = {
            "type": "RuntimeError",
            "what": "RuntimeError: b cannot start",
            "where": None,
            "hint": "see what `purveyor up` says",
        }
        empty: dict[str, list[str]] = {"added": [], "changed": [], "removed": [], "postponed": []}
        expected = {**empty, "unchanged": ["a"], "failed": {"b": failed}}
        assert result.data == expected
        event = json.loads(up.wait_for('.*"reloaded".*\n')[0])
        assert event["failed"]["b"]["what"] == "RuntimeError: b cannot start"
        configure(thing("a", valeu=1))
        refused = run("reload", "--json")
        assert refused.code == 1
        assert refused.error["type"] == "ConfigError"
        assert refused.error["problems"][0]["key"] == "providers.a.valeu"
        up.wait_for('"refused"')


def test_what_fails_and_what_is_refused(spawn: Spawn, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(thing("a", value=1))
    with running(spawn) as up:
        configure(thing("a", value=1, fail="start"))
        failed = run("reload")
        assert failed.code == 1
        assert failed.err == (
            "error: provider a: RuntimeError: a cannot start\n       see what `purveyor up` says\nreloaded: failed a\n"
        )
        configure(thing("a", valeu=1))
        Path("elsewhere").mkdir()
        monkeypatch.chdir("elsewhere")
        refused = run("-c", "../purveyor.toml", "reload")
        assert refused.code == 1
        place = Path("../purveyor.toml").resolve()
        assert refused.err == (
            f"error: the configuration is not valid\n{place}:5:1 providers.a.valeu: unknown key; did you mean 'value'?\n"
        )
        up.wait_for("not reloaded: all runs on as it was")


def test_nothing_runs(run: Run, folder: Path) -> None:
    for command in ("reload", "plan"):
        result = run(command)
        assert result.code == 1
        assert result.err.startswith(f"error: {folder}: no `purveyor up` runs it\n")
        assert "--config" in result.err
    configure(thing("a"))
    assert run("reload", "--json").error["where"] == str(folder / "purveyor.toml")


def test_one_that_was_killed_is_not_taken_for_one_that_runs(spawn: Spawn, run: Run) -> None:
    configure(thing("a"))
    up = spawn("up")
    up.wait_for("SIGHUP reloads")
    up.send(signal.SIGKILL)
    up.end()
    result = run("reload")
    assert result.code == 1
    assert f"process {up.process.pid} ended without cleaning up" in result.err


def test_the_embedded_configuration_is_found_by_its_folder(spawn: Spawn, run: Run) -> None:
    up = spawn("up", "--port", "0")
    up.wait_for("SIGHUP reloads")
    assert run("reload").err == "reloaded: nothing has changed\n"
    up.send(signal.SIGTERM)
    assert up.end().code == 0
    assert run("reload").code == 1


def test_a_second_one_of_the_same_configuration_is_reached(spawn: Spawn, run: Run) -> None:
    configure(thing("a"))
    with running(spawn) as first, running(spawn) as second:
        second.wait_for(
            f"warning: process {first.process.pid} runs this configuration, too; commands reach this one"
        )
        assert run("reload").code == 0
        second.wait_for("reloaded: nothing has changed")
        assert "reloaded" not in first.err
        second.send(signal.SIGTERM)
        second.end()
        assert run("reload").code == 0
        first.wait_for("reloaded: nothing has changed")


def test_one_that_cannot_be_found_runs_all_the_same(
    spawn: Spawn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(thing("a"))
    runtime = Path(os.environ["XDG_RUNTIME_DIR"]) / "purveyor"
    runtime.mkdir()
    runtime.chmod(0o777)
    with running(spawn) as up:
        up.wait_for(
            "warning: `purveyor reload` and `purveyor plan` cannot find this process: .* is open to others"
        )


def test_a_reload_while_it_stops_is_refused_quietly(spawn: Spawn, run: Run) -> None:
    configure(thing("a", stop_seconds=1))
    with running(spawn) as up:
        up.send(signal.SIGTERM)
        up.wait_for("draining…")
        result = run("reload")
        assert result.code == 1
        assert result.err == "error: the system is not running\n       start it first\n"
    assert "not reloaded" not in up.err


def test_those_that_are_one_are_told_once(spawn: Spawn) -> None:
    configure(thing("a", value=1))
    source = Path("purveyor.toml").absolute()
    with running(spawn, "-v") as up, ThreadPoolExecutor() as pool:
        configure(thing("a", value=2, start_seconds=1))
        first = pool.submit(ask, source, "POST", "/control/reload")
        up.wait_for("begins with 2")
        others = [pool.submit(ask, source, "POST", "/control/reload") for _ in range(5)]
        up.send(signal.SIGHUP)
        assert first.result()["changed"] == ["a"]
        assert all(other.result()["unchanged"] == ["a"] for other in others)
    assert up.err.count("\nreloaded: changed a\n") == 1
    assert up.err.count("\nreloaded: nothing has changed\n") == 1


def test_those_that_are_refused_as_one_are_told_once(spawn: Spawn) -> None:
    configure(thing("a", value=1))
    source = Path("purveyor.toml").absolute()
    with running(spawn, "-v") as up, ThreadPoolExecutor() as pool:
        configure(thing("a", value=2, start_seconds=1))
        first = pool.submit(ask, source, "POST", "/control/reload")
        up.wait_for("begins with 2")
        configure("[")
        others = [pool.submit(ask, source, "POST", "/control/reload") for _ in range(5)]
        up.send(signal.SIGHUP)
        assert first.result()["changed"] == ["a"]
        assert all(isinstance(other.exception(), ConfigError) for other in others)
    assert up.err.count("\nnot reloaded: all runs on as it was\n") == 1


def test_no_token_is_told(spawn: Spawn, run: Run) -> None:
    configure(thing("a"))
    with running(spawn, "-vv") as up:
        (file,) = (Path(os.environ["XDG_RUNTIME_DIR"]) / "purveyor").iterdir()
        token = json.loads(file.read_text())["token"]
        results = [run("-vv", "reload"), run("-vv", "plan")]
    assert len(token) >= 32
    texts = [up.out, up.err, *(text for result in results for text in (result.out, result.err))]
    assert not any(token in text for text in texts)
    assert not file.exists()
