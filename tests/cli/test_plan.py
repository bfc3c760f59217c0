"""`purveyor plan`, asked of a real `purveyor up`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, Spawn
from tests.cli.test_reload import running
from tests.cli.test_up import configure, thing

pytestmark = pytest.mark.usefixtures("things")

FIRST = (
    thing("same")
    + thing("gone")
    + thing("a-long-name", value=1)
    + thing("policy")
    + thing("driver")
    + thing("labels")
    + thing("noted")
    + thing("swapped").replace("Thing", "Swapping")
)
SECOND = (
    thing("same")
    + thing("a-long-name", value=2)
    + "options.x = 1\n"
    + thing("policy").replace('"things:Thing"', '"things:Thing"\npolicy = { timeout = "1s" }')
    + thing("driver").replace("Thing", "Swapping")
    + thing("labels").replace('"things:Thing"', '"things:Thing"\nlabels = { team = "x" }')
    + thing("noted").replace('"things:Thing"', '"things:Thing"\nrequired = false')
    + thing("swapped", value=1).replace("Thing", "Swapping")
    + thing("new")
)


def test_what_would_change(spawn: Spawn, run: Run) -> None:
    configure(FIRST)
    with running(spawn) as up:
        same = run("plan")
        assert (same.code, same.out, same.err) == (0, "", "nothing would change\n")
        configure(SECOND)
        result = run("plan")
        assert result.code == 2
        assert result.out == (
            "~ a-long-name  value, options.x  (in place)\n"
            "~ policy       policy.timeout  (policy only)\n"
            "~ driver       driver  (swap, new driver)\n"
            "~ labels       labels.team  (in place, new metadata)\n"
            "~ noted        required  (nothing to reload)\n"
            "~ swapped      value  (swap)\n"
            "+ new\n"
            "- gone\n"
        )
        assert result.err == "1 to add, 6 to change, 1 to remove\n"
        assert "reloaded" not in up.err
        assert run("reload").code == 0
        assert run("plan").code == 0


def test_json(spawn: Spawn, run: Run) -> None:
    configure(thing("a", value=1) + thing("b"))
    with running(spawn):
        configure("watch = true\n" + thing("a", value=2) + thing("b"))
        result = run("plan", "--json")
        assert result.code == 2
        assert result.data == {
            "changes": [
                {"name": "a", "kind": "changed", "action": "in_place", "keys": ["value"], "replaced": False}
            ],
            "unchanged": ["b"],
            "unavailable": [],
            "postponed": ["server.watch"],
        }


def test_what_is_left_for_later(spawn: Spawn, run: Run) -> None:
    configure(thing("a", required=False))
    with running(spawn):
        configure('watch = true\n[providers.a]\ndriver = "no.such.module:Thing"\nrequired = false\n')
        result = run("plan")
        assert (result.code, result.out) == (0, "")
        assert result.err == (
            "warning: a is left as it is: it is optional, and its driver cannot be imported\n"
            "warning: only after a restart: server.watch\n"
            "nothing would change\n"
        )


def test_one_that_has_failed_would_be_started_again(spawn: Spawn, run: Run) -> None:
    configure(thing("a", required=False, fail="start"))
    with running(spawn):
        result = run("plan")
        assert (result.code, result.out) == (2, "~ a  (start again: it has failed)\n")


def test_what_is_wrong_is_1_and_never_2(spawn: Spawn, run: Run) -> None:
    assert run("plan").code == 1
    usage = run("plan", "--bogus")
    assert (usage.code, usage.err) == (1, "error: No such option '--bogus'. Did you mean '--verbose'?\n")
    configure(thing("a"))
    with running(spawn):
        configure(thing("a", valeu=1))
        result = run("plan")
        assert result.code == 1
        assert "purveyor.toml:5:1 providers.a.valeu: unknown key; did you mean 'value'?" in result.err
        Path("purveyor.toml").unlink()
        assert run("-c", "purveyor.toml", "plan").code == 1


def test_colours(spawn: Spawn, terminal: Run) -> None:
    configure(thing("a", value=1) + thing("b"))
    with running(spawn):
        configure(thing("a", value=2) + thing("c"))
        result = terminal("plan")
        assert result.code == 2
        for mark in ("\x1b[33m~\x1b[0m a", "\x1b[32m+\x1b[0m c", "\x1b[31m-\x1b[0m b"):
            assert mark in result.out
