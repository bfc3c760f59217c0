"""`purveyor up`, as a process of its own with real signals, sockets and terminals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from purveyor.cli.narrator import Narrator
from purveyor.cli.options import Settings
from purveyor.cli.output import Output
from purveyor.events import HealthChanged, StatusChanged
from purveyor.metadata import Health, ProviderStatus
from tests.cli.conftest import DEADLINE, Run, Spawn

pytestmark = pytest.mark.usefixtures("things")


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def configure(text: str) -> None:
    Path("purveyor.toml").write_text(f"[server]\nport = 0\n{text}")


def thing(name: str, **config: object) -> str:
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in config.items())
    return f'[providers.{name}]\ndriver = "things:Thing"\n{keys}'


def test_without_a_file_it_runs_the_embedded_defaults(spawn: Spawn, folder: Path) -> None:
    up = spawn("up", "--port", "0")
    url = up.wait_for(r"http://127\.0\.0\.1:\d+")[0]
    up.wait_for("SIGHUP reloads")
    assert fetch(f"{url}/healthz") == (200, '{"status":"ok"}')
    status, body = fetch(f"{url}/readyz")
    assert status == 200
    assert [provider["name"] for provider in json.loads(body)["providers"]] == ["notes", "files"]
    status, body = fetch(f"{url}/metrics")
    assert status == 200
    assert 'provider_up{name="notes",type="memory"} 1.0' in body
    up.send(signal.SIGTERM)
    result = up.end()
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0].split() == ["name", "type", "driver", "status", "start"]
    assert lines[1].split()[:4] == ["notes", "memory", "memory.sqlite", "ready"]
    assert lines[2].split()[:4] == ["files", "storage", "storage.local", "ready"]
    assert "embedded configuration" in result.err
    assert "draining…\nstopped files, notes in" in result.err
    assert (folder / ".purveyor/notes.db").exists()


def test_a_taken_port_is_replaced_by_a_free_one(spawn: Spawn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        configure(thing("a").replace("[providers", "[providers"))
        up = spawn("up", "--port", str(port))
        url = up.wait_for(r"http://127\.0\.0\.1:(\d+)")
        assert int(url[1]) != port
        up.wait_for(f"warning: port {port} is taken; using {url[1]}")
        assert fetch(f"{url[0]}/healthz")[0] == 200
        up.send(signal.SIGINT)
        assert up.end().code == 0


def test_only_a_loopback_host_is_served(run: Run) -> None:
    result = run("up", "--host", "0.0.0.0")
    assert result.code == 2
    problem, advice = result.err.splitlines()
    assert problem.startswith("error: 0.0.0.0:8765: this is not a loopback address")
    assert "use 127.0.0.1" in advice


def test_json_gives_a_line_for_each_event(spawn: Spawn) -> None:
    configure(thing("a", value=1) + thing("b"))
    up = spawn("up", "--json")
    up.wait_for('"ready"')
    configure(thing("a", value=2) + thing("c"))
    up.send(signal.SIGHUP)
    up.wait_for('"reloaded"')
    configure("[providers.a]\n")
    up.send(signal.SIGHUP)
    up.wait_for('"refused"')
    up.send(signal.SIGTERM)
    assert up.end().code == 0
    assert [event["event"] for event in up.events] == [
        "started", "ready", "reloaded", "refused", "stopping", "stopped",
    ]  # fmt: skip
    started, ready, reloaded, refused, stopping, stopped = up.events
    assert all(event["version"] == 1 for event in up.events)
    assert started["url"].startswith("http://127.0.0.1:")
    assert started["pid"] == up.process.pid
    [a, b] = ready["providers"]
    assert (a["name"], a["type"], a["driver"], a["status"], a["error"]) == (
        "a",
        "custom",
        "things:Thing",
        "ready",
        None,
    )
    assert isinstance(b["ms"], float)
    assert (reloaded["added"], reloaded["changed"], reloaded["removed"]) == (["c"], ["a"], ["b"])
    assert refused["error"]["type"] == "ConfigError"
    assert stopping["providers"] == ["c", "a"]
    assert stopped["error"] is None


def test_sighup_reloads_and_tells_what_changed(spawn: Spawn) -> None:
    configure(thing("a", value=1))
    up = spawn("up")
    up.wait_for("SIGHUP reloads")
    up.send(signal.SIGHUP)
    up.wait_for("reloaded: nothing has changed")
    configure(thing("a", value=2) + thing("broken", fail="start"))
    up.send(signal.SIGHUP)
    up.wait_for("error: provider broken: RuntimeError: broken cannot start")
    up.wait_for("reloaded: changed a; failed broken\n")
    Path("purveyor.toml").write_text("[providers.a\n")
    up.send(signal.SIGHUP)
    up.wait_for(r"purveyor.toml:1:13: .*\nnot reloaded: all runs on as it was")
    assert fetch(up.wait_for(r"http://[\d.:]+")[0] + "/readyz?provider=a")[0] == 200
    up.send(signal.SIGTERM)
    assert up.end().code == 0


def test_a_slow_provider_is_announced(spawn: Spawn) -> None:
    configure(thing("sloth", start_seconds=1.3))
    up = spawn("up")
    up.wait_for("starting sloth…\nsloth is ready after 1")
    up.send(signal.SIGTERM)
    assert up.end().code == 0


def test_several_that_are_slow_are_announced_by_the_slowest(spawn: Spawn) -> None:
    configure(thing("quick") + thing("sloth", start_seconds=2.4) + thing("snail", start_seconds=1.2))
    up = spawn("up")
    up.wait_for("starting sloth… and 1 more\nsnail is ready after 1.2 s\nsloth is ready after 2.4 s")
    up.wait_for("SIGHUP reloads")
    assert "starting snail" not in up.err
    up.send(signal.SIGTERM)
    assert up.end().code == 0


def test_a_terminal_shows_who_is_starting(spawn: Spawn) -> None:
    configure(thing("sloth", start_seconds=1.2) + thing("snail", start_seconds=0.6))
    up = spawn("up", terminal=True)
    up.wait_for("starting sloth… and 1 more")
    up.wait_for("starting sloth…[^ ]")
    up.wait_for("SIGHUP reloads")
    up.send(signal.SIGINT)
    result = up.end()
    assert result.code == 0
    assert "\x1b[32mready" in result.out


async def test_the_last_news_of_a_start_are_waited_for() -> None:
    narrator: Any = Narrator(*[None] * 3)  # type: ignore[arg-type]
    narrator._output = Output(Settings(quiet=True))
    narrator.happened(StatusChanged("a", 1.0, None, ProviderStatus.STARTING, 0))
    narrator.happened(HealthChanged("a", 1.0, None, Health.healthy()))
    failed = StatusChanged("a", 1.5, ProviderStatus.STARTING, ProviderStatus.FAILED, 0, "KeyError: 'x'")
    asyncio.get_running_loop().call_soon(narrator.happened, failed)
    await narrator.hear_out()
    assert narrator.culprit(KeyError("x")) == "a"
    assert narrator.culprit(KeyError("y")) is None


def test_a_required_provider_that_fails_ends_it(spawn: Spawn) -> None:
    configure(thing("first") + thing("second", fail="start"))
    result = spawn("up").end()
    assert result.code == 1
    assert result.out == ""
    assert "error: provider second: RuntimeError: second cannot start\n" in result.err
    assert result.err.count("second cannot start") == 1
    assert "Traceback" not in result.err


def test_a_required_provider_that_fails_is_one_json_error(spawn: Spawn) -> None:
    configure(thing("first") + thing("second", fail="start"))
    up = spawn("up", "--json")
    assert up.end().code == 1
    started, failed = up.events
    assert started["event"] == "started"
    assert failed["error"]["type"] == "RuntimeError"
    assert failed["error"]["where"] == "provider second"


def test_an_optional_provider_that_fails_is_left_out(spawn: Spawn) -> None:
    configure(
        thing("first", required=False, fail="start")
        + thing("second")
        + '[providers.third]\ndriver = "no.such.module:Thing"\nrequired = false\n'
    )
    up = spawn("up")
    up.wait_for("warning: going on without first, which is not required: RuntimeError: first cannot start")
    up.wait_for("warning: going on without third")
    url = up.wait_for(r"http://[\d.:]+")[0]
    status, body = fetch(f"{url}/readyz")
    assert status == 200
    assert {p["name"]: p["status"] for p in json.loads(body)["providers"]} == {
        "first": "failed", "second": "ready", "third": "absent",
    }  # fmt: skip
    up.send(signal.SIGTERM)
    result = up.end()
    assert result.code == 0
    assert [line.split()[-3] for line in result.out.splitlines()[1:3]] == ["failed", "ready"]
    assert result.out.splitlines()[3].split() == ["third", "failed"]


def test_what_needs_it_starts_after_it_and_stops_before_it(spawn: Spawn) -> None:
    needy = '[providers.needy]\ndriver = "things:Needy"\nneeds = { thing = "first" }\n'
    configure(needy + thing("first"))
    up = spawn("up")
    up.wait_for("SIGHUP reloads")
    up.send(signal.SIGTERM)
    result = up.end()
    assert [line.split()[0] for line in result.out.splitlines()[1:3]] == ["needy", "first"]
    assert "stopped needy, first in" in result.err


def test_an_optional_provider_that_recovers(spawn: Spawn) -> None:
    configure(thing("shaky", required=False, fail="first start"))
    up = spawn("up")
    up.wait_for("going on without shaky, which is not required: RuntimeError: shaky cannot start")
    up.wait_for(
        "warning: Provider shaky will be restarted in \\d+ ms, attempt 1: RuntimeError: shaky cannot start"
    )
    url = up.wait_for(r"http://[\d.:]+")[0]
    deadline = time.monotonic() + DEADLINE
    while fetch(f"{url}/readyz?provider=shaky")[0] != 200:
        assert time.monotonic() < deadline
    up.send(signal.SIGTERM)
    result = up.end()
    assert result.code == 0
    assert "unhealthy" not in result.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_the_start_abandons_it_cleanly(spawn: Spawn, number: signal.Signals, code: int) -> None:
    configure(thing("first") + thing("sloth", start_seconds=60))
    up = spawn("up", "--json")
    url = json.loads(up.wait_for(".*started.*\n")[0])["url"]
    deadline = time.monotonic() + DEADLINE
    while json.loads(fetch(f"{url}/readyz")[1])["providers"][1]["status"] != "starting":
        assert time.monotonic() < deadline
    assert fetch(f"{url}/readyz")[0] == 503
    up.send(number)
    result = up.end()
    assert result.code == code
    assert [event["event"] for event in up.events] == ["started", "stopping", "stopped"]
    assert up.events[1]["providers"] == ["first"]
    assert "abandoning the start…\ncleaned up; bye\n" in result.err


def test_a_second_interrupt_ends_it_at_once(spawn: Spawn) -> None:
    configure(thing("glue", stop_seconds=60))
    up = spawn("up")
    up.wait_for("SIGHUP reloads")
    up.send(signal.SIGTERM)
    up.wait_for("draining…")
    up.send(signal.SIGTERM)  # only an interrupt is impatient
    up.send(signal.SIGINT)
    result = up.end()
    assert result.code == 130
    assert result.err.endswith("ended at once, without cleaning up\n")


def test_what_the_second_interrupt_does_inside(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, where the process does not end and coverage sees it."""
    configure(thing("glue", stop_seconds=60))

    def interrupting(told: Callable[..., None]) -> Callable[..., None]:
        def tell(*arguments: object) -> None:
            told(*arguments)
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)

        return tell

    def exit_now(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", exit_now)
    monkeypatch.setattr(Narrator, "ready", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
    monkeypatch.setattr(Narrator, "stopping", interrupting(Narrator.stopping))
    result = run("up")
    assert result.code == 130
    assert result.err.endswith("ended at once, without cleaning up\n")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_failing_cleanup_is_told_and_the_exit_code_is_1(spawn: Spawn, options: list[str]) -> None:
    configure(thing("a", fail="stop") + thing("b"))
    up = spawn("up", *options)
    up.wait_for('SIGHUP reloads|"ready"')
    up.send(signal.SIGTERM)
    result = up.end()
    assert result.code == 1
    if options:
        assert "a cannot stop" in up.events[-1]["error"]["what"]
    else:
        assert "error: providers failed to clean up: a cannot stop" in result.err


def test_a_reload_under_way_gives_way_to_the_stop(spawn: Spawn) -> None:
    configure(thing("a"))
    up = spawn("up", "-v")
    up.wait_for("SIGHUP reloads")
    configure(thing("a") + thing("sloth", start_seconds=60, value=7))
    up.send(signal.SIGHUP)
    up.wait_for("begins with 7")
    up.send(signal.SIGTERM)
    result = up.end()
    assert result.code == 0
    assert "not reloaded" not in result.err


def test_quiet_prints_the_url_alone(spawn: Spawn) -> None:
    configure(thing("a"))
    up = spawn("up", "--quiet")
    url = up.wait_for(r"http://\S+\n")[0]
    up.send(signal.SIGTERM)
    result = up.end()
    assert (result.code, result.out, result.err) == (0, url, "")


def test_a_closed_terminal_stops_it_rather_than_reload_it(spawn: Spawn) -> None:
    configure(thing("a"))
    up = spawn("up", terminal=True)
    up.wait_for("SIGHUP reloads")
    up.hang_up()
    up.send(signal.SIGHUP)
    assert up.end().code == 0


# --- watching -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_option", [False, True])
def test_a_change_of_the_file_is_taken_up(spawn: Spawn, by_option: bool) -> None:
    declared = "" if by_option else "watch = true\n"
    configure(declared + thing("a", value=1))
    up = spawn("up", *(["--watch"] if by_option else []))
    up.wait_for("SIGHUP reloads, and so does a change of the file")
    replace(declared + thing("a", value=2) + thing("b"))
    up.wait_for("reloaded: added b; changed a\n")
    replace("[providers.a\n")
    up.wait_for(r"purveyor.toml:3:13: .*\nnot reloaded: all runs on as it was")
    replace(declared + thing("a", value=2) + thing("b"))
    up.wait_for("the configuration is valid again; nothing has changed\n")
    replace(declared + thing("b"))
    up.wait_for("reloaded: removed a\n")
    up.send(signal.SIGTERM)
    assert up.end().code == 0


def test_watching_can_be_left_out(spawn: Spawn) -> None:
    configure("watch = true\n" + thing("a"))
    up = spawn("up", "--no-watch")
    up.wait_for("SIGHUP reloads\n")
    up.send(signal.SIGTERM)
    assert up.end().code == 0


def test_only_a_file_can_be_watched(run: Run) -> None:
    result = run("up", "--watch")
    assert result.code == 2
    assert result.err == "error: watch: there is no file to watch\n       `purveyor init` writes one\n"


def test_a_missing_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(thing("a"))
    monkeypatch.setitem(sys.modules, "watchfiles._rust_notify", None)
    result = run("up", "--watch")
    assert result.code == 2
    assert "pip install 'purveyor[watch]'" in result.err


def test_where_nothing_ran_nothing_was_stopped(spawn: Spawn) -> None:
    configure(thing("a", required=False, fail="start"))
    up = spawn("up")
    up.wait_for("SIGHUP reloads")
    up.send(signal.SIGTERM)
    assert up.end().err.endswith("draining…\nbye\n")


def test_what_cannot_be_watched_any_more_runs_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none_left(_: object) -> AsyncGenerator[None]:
        os.kill(os.getpid(), signal.SIGTERM)
        raise OSError("no watches are left")
        yield

    configure(thing("a"))
    monkeypatch.setattr("purveyor.config.watch._watch", none_left)
    result = run("up", "--watch")
    assert result.code == 0
    assert "warning: the configuration is not watched any more: no watches are left\n" in result.err


def replace(text: str) -> None:
    Path("beside.toml").write_text(f"[server]\nport = 0\n{text}")
    Path("beside.toml").replace("purveyor.toml")
