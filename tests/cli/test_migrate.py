"""`purveyor migrate`: a small legacy application there and back, and what stands in the way."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purveyor.cli.commands.migrate import shared
from purveyor.cli.commands.migrate import verify as verify_command
from purveyor.cli.commands.migrate.refusals import show_refusal
from purveyor.cli.options import Settings
from purveyor.cli.output import Output
from purveyor.errors import MigrationRefusedError, Refusal
from purveyor.migrate.verify.result import Comparison, NotExercised, Outcome, Verification
from tests.cli.conftest import Result, Run, Spawn

EXAMPLE = Path(__file__).parents[2] / "examples" / "migrate" / "legacy"
CHANGED = ["memory/store.py", "providers/base.py", "memory/providers/local.py"]

#: A provider that a plan converts.
CLOCK = '''\
class Clock:
    """Tells the time."""

    def __init__(self, config):
        self._zone = config["zone"]

    async def initialize(self):
        self.running = True

    async def cleanup(self):
        self.running = False

    async def now(self):
        return self._zone
'''

#: One that is not converted, with a fault.
LEDGER = '''\
import pickle


class Ledger:
    """Keeps sums."""

    def __init__(self, config):
        self._path = config["path"]

    def connect(self):
        with open(self._path, "rb") as file:
            self._sums = pickle.load(file)

    def disconnect(self):
        self._sums = None


class LedgerRegistry:
    def __init__(self):
        self._ledgers = {}

    def register_ledger(self, name, ledger):
        self._ledgers[name] = ledger

    def get_ledger(self, name, config):
        return self._ledgers[name](config)


registry = LedgerRegistry()
registry.register_ledger("ledger", Ledger)
'''

Tree = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow a machine is: what is told does not depend on the time that it takes."""
    monkeypatch.setattr(shared, "_PERIOD", math.inf)


@pytest.fixture
def shop(folder: Path) -> Path:
    """The example application."""
    shutil.copytree(EXAMPLE, folder / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    return Path("shop")


@pytest.fixture
def tree(folder: Path) -> Tree:
    """Makes a source tree of these files."""

    def make(name: str = "tree", **files: str) -> Path:
        (folder / name).mkdir()
        for stem, text in files.items():
            (folder / name / f"{stem}.py").write_text(text)
        return Path(name)

    return make


@pytest.fixture
def planned(shop: Path, run: Run) -> str:
    """A plan of the example application."""
    assert run("migrate", "plan", str(shop), "-o", "shop.json").code == 0
    return "shop.json"


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


# --- scan -------------------------------------------------------------------------------------------


def test_scan_lists_providers_with_their_faults(shop: Path, run: Run) -> None:
    before = contents(shop)
    result = run("migrate", "scan", str(shop))
    assert result.code == 0
    blocks = "`open` blocks the event loop while this coroutine runs. Await asyncio.to_thread(...) around it."
    assert result.out == (
        "memory/providers/local.py\n"
        "      7  LocalProvider  provider, memory       converted\n"
        "\n"
        "memory/store.py\n"
        "      7  LocalStore     provider, memory       converted\n"
        f"  18, 22  sync-in-async  {blocks}\n"
        "\n"
        "providers/base.py\n"
        "      5  Provider       base, custom           converted\n"
    )
    assert result.err == "\n3 classes: 3 converted\nnext: purveyor migrate plan shop -o PLAN\n"
    assert contents(shop) == before


def test_plan_names_what_it_could_not_read(tree: Tree, run: Run, folder: Path) -> None:
    root = tree(broken="def f(:\n", clock=CLOCK)
    result = run("migrate", "plan", str(root), "-o", "plan.json")
    assert result.code == 0
    assert "warning: broken.py is unparsable, and is left alone: line 1: " in result.err
    (unread,) = json.loads((folder / "plan.json").read_text())["unread"]
    assert (unread["path"], unread["status"]) == ("broken.py", "unparsable")


def test_scan_tells_why_and_of_the_rest(tree: Tree, run: Run) -> None:
    root = tree("my tree", ledger=LEDGER, broken="def f(:\n", clock=CLOCK)
    result = run("migrate", "scan", str(root))
    lines = result.out.splitlines()
    assert lines[:3] == ["clock.py", "      1  Clock   provider, custom       converted", ""]
    assert lines[3:6] == [
        "ledger.py",
        "      4  Ledger  provider, custom       adapter",
        "         its connect is no coroutine",
    ]
    assert any(line.startswith("     12  pickle  ") for line in lines)
    warning, empty, *notes = result.err.splitlines()
    assert warning.startswith("warning: broken.py is unparsable: line 1: ")
    assert empty == ""
    assert notes == [
        "3 classes: 1 converted, 1 adapter, 1 not-a-provider",
        "--all lists those that are no providers",
        "next: purveyor migrate plan 'my tree' -o PLAN",
    ]
    everything = run("migrate", "scan", str(root), "--all", "--exclude", "clock.py")
    assert "     18  LedgerRegistry  registry               not-a-provider\n" in everything.out
    assert "Clock" not in everything.out
    assert everything.err.endswith("\n2 classes: 1 adapter, 1 not-a-provider\n"), "nothing to plan"
    quiet = run("migrate", "scan", str(root), "-q")
    assert (quiet.out, quiet.err) == (result.out, "")


def test_scan_of_nothing(folder: Path, run: Run) -> None:
    result = run("migrate", "scan", ".")
    assert (result.code, result.out, result.err) == (0, "", "0 classes: nothing found\n")
    (folder / "one.py").write_text("class Thing: pass\n")
    assert run("migrate", "scan", "one.py").err.startswith("1 class: 1 not-a-provider\n")


def test_scan_for_programs(tree: Tree, run: Run) -> None:
    root = tree(ledger=LEDGER, broken="def f(:\n")
    document = json.loads(run("migrate", "scan", str(root), "--json").out)
    assert document.keys() == {"version", "files", "classes"}
    assert [(file["path"], file["status"]) for file in document["files"]] == [
        ("broken.py", "unparsable"),
        ("ledger.py", "ok"),
    ]
    ledger, registry = document["classes"]
    assert ledger.keys() == {"path", "line", "name", "kind", "state", "type", "faults", "reason"}
    assert (ledger["line"], ledger["kind"], ledger["state"]) == (4, "provider", "adapter")
    assert "pickle" in [fault["code"] for fault in ledger["faults"]]
    assert (registry["kind"], registry["type"], registry["state"]) == ("registry", None, "not-a-provider")


def out_of_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_scan_for_code_hosts(tree: Tree, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(ledger=LEDGER)
    for before in (None, "", '{"runs": []}'):
        if before is not None:
            (folder / "scan.sarif").write_text(before)
        assert run("migrate", "scan", str(root), "--sarif", "scan.sarif").code == 0
    document = json.loads((folder / "scan.sarif").read_text())
    assert document["version"] == "2.1.0"
    found = document["runs"][0]["results"]
    assert ("pickle", "ledger.py") in [
        (each["ruleId"], each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for each in found
    ]
    full = "error: full.sarif: No space left on device\n"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fchmod", out_of_room)
        assert run("migrate", "scan", str(root), "--sarif", "full.sarif").err == full
        assert run("migrate", "plan", str(root), "-o", "full.sarif").err == full


@pytest.mark.parametrize("option", ["-o", "--sarif"])
def test_a_folder_that_is_not_there_is_named(option: str, tree: Tree, run: Run) -> None:
    verb = "plan" if option == "-o" else "scan"
    nowhere = run("migrate", verb, str(tree()), option, "no/such/file")
    assert (nowhere.code, nowhere.out) == (2, "")
    assert nowhere.err.startswith(
        f"error: Invalid value for {option}: there is no folder 'no/such': make it first\n"
    )


@pytest.mark.parametrize("before", ["of yesterday", "[]", '{"version": 1, "files": []}', "[" * 100_000, None])
def test_sarif_replaces_nothing_but_sarif(before: str | None, tree: Tree, run: Run, folder: Path) -> None:
    root = tree(ledger=LEDGER)
    target = folder / "scan.sarif"
    if before is None:
        os.mkfifo(target)
    else:
        target.write_text(before)
    result = run("migrate", "scan", str(root), "--sarif", "scan.sarif")
    assert (result.code, result.out) == (2, "")
    assert "'scan.sarif' is there already, and is no SARIF: give another name, or move it away" in result.err
    assert before is None or target.read_text() == before


def test_scan_tells_a_fault_once_with_all_its_lines(tree: Tree, run: Run) -> None:
    again = "        again = pickle.load(self._path)\n"
    root = tree(ledger=LEDGER.replace("    def disconnect", f"{again}{again}\n    def disconnect"))
    lines = [line for line in run("migrate", "scan", str(root)).out.splitlines() if "  pickle  " in line]
    assert [line.partition("  pickle")[0] for line in lines] == ["  12, 14, 15"]


def test_a_scan_of_one_file_says_what_it_cannot_know(tree: Tree, run: Run) -> None:
    root = tree(clock=CLOCK, mail="from elsewhere import Base\nclass Mail(Base): ...\n")
    alone = "this is one file: a base that another one defines is not known; scan the tree\n"
    assert alone in run("migrate", "scan", str(root / "mail.py")).err
    assert alone not in run("migrate", "scan", str(root / "clock.py")).err, "there is nothing to know"
    assert alone not in run("migrate", "scan", str(root)).err


def test_scan_tells_why_a_class_is_no_provider(tree: Tree, run: Run) -> None:
    root = tree(door="class Door:\n    def open(self): ...\n    def close(self): ...\n")
    assert "reason" not in run("migrate", "scan", str(root)).out
    name, *why = run("migrate", "scan", str(root), "--all").out.splitlines()[1:]
    assert name.split() == ["1", "Door", "data", "not-a-provider"]
    assert len(why) == 1
    assert why[0].startswith(" " * 9 + "open/close ")
    assert "adapt()" in why[0]


def test_scan_imports_only_when_asked(tree: Tree, run: Run, folder: Path) -> None:
    root = tree(clock=f"open({str(folder / 'ran')!r}, 'w').close()\nraise OSError('no display')\n" + CLOCK)
    assert run("migrate", "scan", str(root)).code == 0
    assert not (folder / "ran").exists()
    result = run("migrate", "scan", str(root), "--import-check")
    assert (folder / "ran").exists()
    assert "      2  import-failed  importing the module fails: OSError: no display" in result.out


def test_scan_breaks_long_texts_where_a_person_reads(tree: Tree, run: Run, terminal: Run) -> None:
    name = "Clock" + "OfTheTower" * 4
    root = tree(clock=CLOCK.replace("Clock", name), ledger=LEDGER)
    piped = run("migrate", "scan", str(root)).out
    assert max(map(len, piped.splitlines())) > 110, "one line each, for grep"
    shown = terminal("migrate", "scan", str(root), COLUMNS="80", NO_COLOR="1").out
    assert f"  {name}  provider, custom       converted\n" in shown, "a long name moves only its own line"
    assert "  Ledger                            provider, custom       adapter\n" in shown
    (start,) = (number for number, line in enumerate(shown.splitlines()) if "  pickle  " in line)
    lines = shown.splitlines()[start : start + 2]
    assert all(len(line) <= 80 for line in lines)
    assert re.match(r" {9}\w", lines[1])
    narrow = terminal("migrate", "scan", str(root), COLUMNS="20", NO_COLOR="1").out
    assert re.search(r"^ {9}.{35,45}$", narrow, re.MULTILINE), "a column of words helps nobody"


# --- progress and colours ---------------------------------------------------------------------------


def test_progress_is_shown_where_it_takes_long(tree: Tree, terminal: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(**{f"module_{number}": CLOCK for number in range(8)})
    monkeypatch.setattr(shared, "_PATIENCE", 1000)
    assert "━" not in terminal("migrate", "scan", str(root)).out, "it is over at once"
    monkeypatch.setattr(shared, "_PATIENCE", 0)
    shown = terminal("migrate", "scan", str(root)).out
    bar = shown.partition("provider, custom")[0]
    assert "scanning" in bar
    assert "8/8" in bar
    assert "putting it together" in bar, "the files are read, and the work goes on"
    assert "━" in terminal("migrate", "plan", str(root), "-o", "plan.json").out
    assert "━" not in terminal("migrate", "scan", str(root), "-q").out


def test_colours(tree: Tree, run: Run) -> None:
    root = tree(clock=CLOCK, ledger=LEDGER)
    coloured = run("migrate", "scan", str(root), "--color", "always")
    assert "\x1b[32mconverted\x1b[0m" in coloured.out
    assert "\x1b[36madapter\x1b[0m" in coloured.out
    assert "\x1b[33mpickle\x1b[0m" in coloured.out
    assert "\x1b[2m1 not-a-provider\x1b[0m" in coloured.err
    diff = run("migrate", "plan", str(root), "-o", "plan.json", "--color", "always").out
    assert "\x1b[1m--- a/clock.py\x1b[0m\n\x1b[1m+++ b/clock.py\x1b[0m\n\x1b[36m@@ " in diff
    assert "\x1b[31m-class Clock:\x1b[0m\n" in diff
    assert "\x1b[32m+class Clock(" in diff
    assert "\n " in diff
    assert "\x1b" not in run("migrate", "plan", str(root), "-o", "plan.json").out


# --- there and back ---------------------------------------------------------------------------------


def test_there_and_back(shop: Path, run: Run, folder: Path) -> None:
    before = contents(shop)
    plan = run("migrate", "plan", "shop", "-o", "shop.json")
    assert plan.code == 0
    assert [line[6:] for line in plan.out.splitlines() if line.startswith("--- a/")] == CHANGED
    assert "+class LocalProvider(Provider, LegacyProvider[LocalProviderConfig]):" in plan.out
    assert plan.err == "3 classes: 3 converted\n3 files to change\nnext: purveyor migrate apply shop.json\n"
    assert contents(shop) == before
    same = (folder / "shop.json").read_bytes()
    assert run("migrate", "plan", "shop", "-o", "shop.json").code == 0, "a plan takes the place of a plan"
    assert (folder / "shop.json").read_bytes() == same

    status = run("migrate", "status", "shop.json")
    assert status.out == (
        "memory/store.py            as before\n"
        "providers/base.py          as before\n"
        "memory/providers/local.py  as before\n"
    )
    assert (status.code, status.err) == (0, "3 as before\nnext: purveyor migrate apply shop.json\n")

    applied = run("migrate", "apply", "shop.json")
    assert applied.out == "".join(f"~ {path}\n" for path in CHANGED)
    assert (applied.code, applied.err) == (
        0,
        f"3 files changed in {folder / 'shop'}\nnext: purveyor migrate verify shop.json\n",
    )
    after = contents(shop)
    assert after != before
    status = run("migrate", "status", "shop.json")
    assert status.err == "3 as planned\npurveyor migrate rollback shop.json undoes it\n"
    again = run("migrate", "apply", "shop.json")
    assert (again.code, again.out) == (0, "")
    assert again.err == f"nothing to do: everything in {folder / 'shop'} is as planned already\n"

    verified = run("migrate", "verify", "shop.json")
    assert verified.code == 0
    assert "regressed" not in verified.out
    assert "nondeterministic memory.store LocalStore cleanup() (files)\n" in verified.out, "it writes the time"
    assert re.search(r"^\d+ same", verified.out.splitlines()[-1])
    assert verified.err == "nothing regressed; next: run your tests\n"
    assert contents(shop) == after

    undone = run("migrate", "rollback", "shop.json")
    assert undone.out == "".join(f"~ {path}\n" for path in CHANGED)
    assert (undone.code, undone.err) == (0, f"3 files restored in {folder / 'shop'}\n")
    assert contents(shop) == before
    again = run("migrate", "rollback", "shop.json")
    assert (again.code, again.out, again.err) == (
        0,
        "",
        f"nothing to do: everything in {folder / 'shop'} is as before\n",
    )


def test_there_and_back_for_programs(shop: Path, run: Run, folder: Path) -> None:
    before = contents(shop)
    data = run("migrate", "plan", "shop", "-o", "shop.json", "--json").data
    assert (data["plan"], data["files"]) == ("shop.json", CHANGED)
    assert [(each["name"], each["state"]) for each in data["classes"]] == [
        ("LocalProvider", "converted"),
        ("LocalStore", "converted"),
        ("Provider", "converted"),
    ]
    assert run("migrate", "status", "shop.json", "--json").data == dict.fromkeys(CHANGED, "before")
    data = run("migrate", "apply", "shop.json", "--json").data
    assert data == {"root": str(folder / "shop"), "changed": CHANGED, "already": [], "warnings": []}
    data = run("migrate", "verify", "shop.json", "--json").data
    assert data["ok"] is True
    assert data["counts"]["same"] > 0
    assert data["counts"]["regressed"] == 0
    data = run("migrate", "rollback", "shop.json", "--json").data
    assert data == {
        "root": str(folder / "shop"),
        "restored": CHANGED,
        "kept": [],
        "left": [],
        "others": [],
        "plans": [],
    }
    assert contents(shop) == before


def test_a_tree_elsewhere(planned: str, shop: Path, run: Run, folder: Path) -> None:
    shutil.copytree(shop, folder / "another one")
    before = contents(shop)
    elsewhere = ("--root", "another one")
    assert run("migrate", "apply", planned, *elsewhere).err == (
        f"3 files changed in {folder / 'another one'}\n"
        "next: purveyor migrate verify shop.json --root 'another one'\n"
    )
    assert contents(shop) == before
    assert "as planned" in run("migrate", "status", planned, *elsewhere).out
    assert run("migrate", "verify", planned, *elsewhere).code == 0
    assert run("migrate", "rollback", planned, *elsewhere).err == f"3 files restored in {folder / 'another one'}\n"
    assert contents(folder / "another one") == before


def test_a_plan_tells_what_to_know(tree: Tree, run: Run, folder: Path) -> None:
    late = CLOCK.replace("config):", "client):").replace('config["zone"]', "client.zone")
    root = tree(late=late, ledger=LEDGER)
    plan = run("migrate", "plan", str(root), "-o", "plan.json")
    why = "its constructor takes client, which no configuration file can give"
    assert plan.err.splitlines() == [
        "ledger.py:4 Ledger: adapter, its connect is no coroutine",
        f"warning: late.py:4: {why}: build it in code, or write Clock.from_config",
        "3 classes: 1 converted-with-warnings, 1 adapter, 1 not-a-provider",
        "1 file to change",
        "next: purveyor migrate apply plan.json",
    ]
    applied = run("migrate", "apply", "plan.json")
    assert applied.err.splitlines() == [
        f"warning: late.py:4: {why}: build it in code, or write Clock.from_config",
        f"1 file changed in {folder / 'tree'}",
        "next: purveyor migrate verify plan.json",
    ]
    assert run("migrate", "rollback", "plan.json").err == f"1 file restored in {folder / 'tree'}\n"


def test_nothing_to_change(tree: Tree, run: Run, folder: Path) -> None:
    root = tree(thing="class Thing: pass\n")
    plan = run("migrate", "plan", str(root), "-o", "plan.json")
    assert (plan.code, plan.out) == (0, "")
    assert plan.err == "1 class: 1 not-a-provider\nnothing to change\n"
    status = run("migrate", "status", "plan.json")
    assert (status.code, status.out, status.err) == (0, "", "the plan changes nothing\n")
    assert run("migrate", "apply", "plan.json").err == (
        f"nothing to do: everything in {folder / 'tree'} is as planned already\n"
    )
    assert run("migrate", "verify", "plan.json").err == "there was nothing to compare\n"
    assert run("migrate", "rollback", "plan.json").err == (
        f"nothing to do: everything in {folder / 'tree'} is as before\n"
    )


def test_line_endings_do_not_show_in_a_diff(tree: Tree, run: Run, folder: Path) -> None:
    root = tree()
    (root / "clock.py").write_bytes(CLOCK.replace("\n", "\r\n").encode())
    result = run("migrate", "plan", str(root), "-o", "plan.json")
    assert "+class Clock(" in result.out
    assert "\\x0d" not in result.out
    assert "\r" not in result.out


# --- what is in the way -----------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["apply", "verify", "rollback", "status"])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("print(1)\n", "it is no JSON: "),
        ("{}", "it is no plan"),
        ('{"version": 2}', "it is a plan of version 2, not 1"),
        ('{"version": 1}', "it is damaged: "),
    ],
)
def test_what_is_no_plan(verb: str, text: str, problem: str, run: Run, folder: Path) -> None:
    (folder / "plan.json").write_text(text)
    result = run("migrate", verb, "plan.json")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"error: plan.json: {problem}")
    assert "purveyor migrate plan" in result.err
    told = run("migrate", verb, "plan.json", "--json")
    assert (told.code, told.error["type"], told.error["where"]) == (1, "PlanError", "plan.json")


@pytest.mark.parametrize("verb", ["apply", "verify", "rollback", "status"])
def test_a_plan_whose_tree_is_gone(verb: str, planned: str, shop: Path, run: Run) -> None:
    shutil.rmtree(shop)
    result = run("migrate", verb, planned)
    assert result.code == 1
    assert result.err.startswith("error: shop: the tree is not there")


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan",),
        ("scan", "nowhere"),
        ("plan", "."),
        ("plan", ".", "-o", "."),
        ("plan", ".", "-o", "-"),
        ("apply", "nowhere.json"),
        ("verify", "plan.json", "--timeout", "0"),
        ("verify", "plan.json", "--timeout", "nan"),
        ("status", "plan.json", "--root", "nowhere"),
        ("aply", "plan.json"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], run: Run, folder: Path) -> None:
    (folder / "plan.json").write_text("{}")
    result = run("migrate", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")


def test_a_plan_replaces_nothing_but_a_plan(shop: Path, run: Run, folder: Path) -> None:
    app = shop / "app.py"
    before = contents(shop)
    result = run("migrate", "plan", "shop", "-o", str(app))
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "error: shop/app.py: it is there already, and is no plan\n"
        "       give another name with -o, or move it away\n"
    )
    assert contents(shop) == before


def test_an_edited_file_is_not_applied_to(planned: str, shop: Path, run: Run, folder: Path) -> None:
    store = shop / "memory" / "store.py"
    store.write_text(store.read_text() + "# mine\n")
    (shop / "providers" / "base.py").unlink()
    before = contents(shop)
    result = run("migrate", "apply", planned)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"error: {folder / 'shop'}: apply was refused, and nothing was changed\n"
        "  memory/store.py: it was changed since the plan was made\n"
        "      make the plan again\n"
        "  providers/base.py: it is not there\n"
        "      make the plan again, or name the right tree with --root\n"
    )
    assert contents(shop) == before
    status = run("migrate", "status", planned)
    assert "providers/base.py          missing\n" in status.out
    assert status.err == (
        "1 as before, 1 changed since, 1 missing\n"
        "purveyor migrate apply shop.json and purveyor migrate rollback shop.json tell what is in their way\n"
    )


def test_edits_stay_unless_forced(planned: str, shop: Path, run: Run, folder: Path) -> None:
    before = contents(shop)
    run("migrate", "apply", planned)
    base, local = shop / "providers" / "base.py", shop / "memory" / "providers" / "local.py"
    edited = base.read_text().replace('"""Initialize provider."""', '"""Begin."""')
    base.write_text(edited)
    local.unlink()
    after = contents(shop)

    result = run("migrate", "rollback", planned)
    assert (result.code, result.out) == (1, "")
    assert contents(shop) == after
    assert re.sub(r"line \d+", "line _", result.err) == (
        f"error: {folder / 'shop'}: rollback was refused, and nothing was changed\n"
        "  providers/base.py: it was edited since\n"
        "    line _\n"
        "    <<<<<<< now\n"
        '            """Begin."""\n'
        "    ||||||| converted\n"
        '            """Initialize provider."""\n'
        "    =======\n"
        '            """Initialize provider."""\n'
        "    >>>>>>> original\n"
        "      --force restores it, and keeps your version beside it as .rej\n"
        "  memory/providers/local.py: it was removed since\n"
        "      --force restores it all the same\n"
    )
    coloured = run("migrate", "rollback", planned, "--color", "always").err
    assert '\x1b[36m    <<<<<<< now\x1b[0m\n            """Begin' in coloured

    error = run("migrate", "rollback", planned, "--json").error
    assert error["type"] == "MigrationRefusedError"
    first, second = error["refusals"]
    assert first.keys() == {"path", "problem", "advice", "three_way"}
    assert (first["path"], second["path"]) == ("providers/base.py", "memory/providers/local.py")
    assert '"""Begin."""' in first["three_way"]
    assert second["three_way"] is None

    forced = run("migrate", "rollback", planned, "--force")
    assert (forced.code, forced.out) == (0, "".join(f"~ {path}\n" for path in CHANGED))
    assert forced.err == (
        "warning: providers/base.py had been edited; that version is in providers/base.py.rej\n"
        f"3 files restored in {folder / 'shop'}\n"
    )
    rejected = shop / "providers" / "base.py.rej"
    assert rejected.read_text() == edited
    rejected.unlink()
    assert contents(shop) == before


def test_a_rollback_in_another_tree_does_not_say_that_all_is_well(planned: str, run: Run, folder: Path) -> None:
    (folder / "other").mkdir()
    result = run("migrate", "rollback", planned, "--root", "other")
    assert (result.code, result.out) == (0, "")
    gone = "is missing, or was changed since the plan was made, and is left as it is"
    assert result.err.splitlines() == [
        *(f"warning: {path} {gone}" for path in CHANGED),
        f"nothing to undo: the plan is not applied in {folder / 'other'}",
    ]


def test_a_copy_that_somebody_changed_is_left(planned: str, shop: Path, run: Run) -> None:
    before = contents(shop)
    run("migrate", "apply", planned)
    copy = shop / "providers" / "base_legacy.py"
    copy.write_text("mine = 1\n")
    result = run("migrate", "rollback", planned)
    assert result.code == 0
    assert "warning: providers/base_legacy.py is left where it is: somebody has changed it\n" in result.err
    assert copy.read_text() == "mine = 1\n"
    copy.unlink()
    assert contents(shop) == before


def test_a_run_that_was_killed_is_finished(planned: str, shop: Path, run: Run, folder: Path) -> None:
    base = shop / "providers" / "base.py"
    original = base.read_bytes()
    run("migrate", "apply", planned)
    base.write_bytes(original)  # as if it had not come so far
    status = run("migrate", "status", planned)
    assert status.err == (
        "1 as before, 2 as planned\n"
        "purveyor migrate apply shop.json finishes it, and purveyor migrate rollback shop.json undoes it\n"
    )
    result = run("migrate", "apply", planned)
    assert result.out == "~ providers/base.py\n"
    assert result.err == (
        f"1 file changed in {folder / 'shop'}, 2 already as planned\nnext: purveyor migrate verify shop.json\n"
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_work_that_is_not_committed(planned: str, shop: Path, run: Run, folder: Path) -> None:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True, env=environment)

    git("init", "-q")
    git("add", "shop/memory")
    git("commit", "-qm", "Begin")
    before = contents(shop)
    result = run("migrate", "apply", planned)
    assert result.code == 1
    assert result.err == (
        f"error: {folder / 'shop'}: apply was refused, and nothing was changed\n"
        "  providers/base.py: git does not know it\n"
        "      commit it first, or allow it with --allow-dirty\n"
    )
    assert contents(shop) == before
    assert run("migrate", "apply", planned, "--allow-dirty").code == 0
    assert run("migrate", "rollback", planned).code == 0
    assert contents(shop) == before
    git("add", "shop")
    git("commit", "-qm", "All of it")
    assert run("migrate", "apply", planned).code == 0


def test_another_process_at_work(planned: str, shop: Path, run: Run) -> None:
    import fcntl

    descriptor = os.open(shop, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for verb in ("apply", "rollback"):
            result = run("migrate", verb, planned)
            assert result.code == 1
            assert result.err == (
                "error: shop: another process is applying or rolling back a migration here\n"
                "       wait until it is over\n"
            )
        assert run("migrate", "status", planned).code == 0
    finally:
        os.close(descriptor)


def test_without_libcst(shop: Path, spawn: Spawn, folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "libcst.py").write_text("raise ModuleNotFoundError(name='libcst')\n")
    result = spawn("migrate", "plan", str(shop), "-o", "plan.json", env={"PYTHONPATH": "elsewhere"}).end()
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error: purveyor migrate needs the module libcst, which is not installed\n"
        "       pip install 'purveyor[migrate]'\n"
    )
    assert not (folder / "plan.json").exists()


def test_what_a_scan_has_to_ask_libcst_about_is_refused_without_it(tree: Tree, spawn: Spawn, folder: Path) -> None:
    (folder / "libcst.py").write_text("raise ModuleNotFoundError(name='libcst')\n")
    result = spawn("migrate", "scan", str(tree(clock="\f\n" + CLOCK)), env={"PYTHONPATH": "."}).end()
    assert result.code == 0, result.err
    assert "refused" in result.out
    assert "pip install 'purveyor[migrate]'" in result.out


def test_a_scan_of_most_trees_needs_no_libcst(shop: Path, spawn: Spawn, folder: Path) -> None:
    (folder / "libcst.py").write_text("raise ModuleNotFoundError(name='libcst')\n")
    result = spawn("migrate", "scan", str(shop), env={"PYTHONPATH": "."}).end()
    assert result.code == 0, result.err
    assert "3 classes: 3 converted" in result.err


def test_a_refusal_that_steers_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    settings = Settings(color="never")
    refused = MigrationRefusedError("apply", [Refusal("odd\x1b[2J.py", "it is a pipe")])
    assert show_refusal(Output(settings), settings, refused) == 1
    assert capfd.readouterr() == (
        "",
        "error: apply was refused, and nothing was changed\n  odd\\x1b[2J.py: it is a pipe\n",
    )


@pytest.mark.parametrize("verb", ["apply", "rollback"])
def test_who_interrupts_is_told_how_to_find_out(
    verb: str, planned: str, shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from purveyor.migrate.change.steps import Steps

    if verb == "rollback":
        run("migrate", "apply", planned)
    before = {path: found for path, found in contents(shop).items() if path.endswith(".py")}

    def stop(steps: Steps, folder: int, name: str, other: str) -> None:
        raise KeyboardInterrupt

    told = "purveyor migrate status shop.json tells how far it came\n"
    if verb == "apply":
        told = "apply failed: interrupted; what had been done was undone\n" + told
    with monkeypatch.context() as patch:
        patch.setattr(Steps, "rename", stop)
        result = run("migrate", verb, planned)
    assert (result.code, result.out, result.err) == (130, "", f"\n{told}\n")
    assert {path: found for path, found in contents(shop).items() if path.endswith(".py")} == before
    assert run("migrate", "rollback", planned).code == 0


def test_names_that_hold_line_breaks_say_nothing_of_their_own(tree: Tree, run: Run, folder: Path) -> None:
    name = "a\n1 class: 1 converted\t"
    root = tree(**{name: CLOCK, "broken\n": "def f(:\n"})
    shown = name.replace("\n", "\\n").replace("\t", "\\t") + ".py"
    scan = run("migrate", "scan", str(root))
    assert scan.out.splitlines()[0] == shown
    assert "warning: broken\\n.py is unparsable: " in scan.err
    assert "warning: broken\\n.py is unparsable, " in run("migrate", "plan", str(root), "-o", "plan.json").err
    assert run("migrate", "status", "plan.json").out == f"{shown}  as before\n"
    (root / f"{name}_legacy.py").touch()
    refused = run("migrate", "apply", "plan.json").err
    assert f"\n  {shown}: a\n      1 class: 1 converted" in refused
    (root / f"{name}_legacy.py").unlink()
    assert run("migrate", "apply", "plan.json").out == f"~ {shown}\n"
    assert run("migrate", "rollback", "plan.json").out == f"~ {shown}\n"


@pytest.mark.parametrize("verb", ["apply", "verify", "rollback", "status"])
def test_a_device_is_no_plan(verb: str, run: Run, folder: Path) -> None:
    result = run("migrate", verb, "/dev/zero")
    assert (result.code, result.err) == (
        1,
        "error: /dev/zero: it is no plain file\n       give the path of a plan\n",
    )


def test_a_device_is_no_place_for_a_plan_and_no_script(shop: Path, planned: str, run: Run) -> None:
    result = run("migrate", "plan", "shop", "-o", "/dev/full")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: /dev/full: it is there already, and is no plan\n")
    result = run("migrate", "verify", planned, "--script", "/dev/zero")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: /dev/zero: it is no plain file\n")


# --- verify -----------------------------------------------------------------------------------------

#: It works only on what it was, and says so by what it returns.
PROUD = CLOCK.replace("return self._zone", "return type(self).__mro__[1].__name__")


def test_what_regressed_fails(tree: Tree, run: Run) -> None:
    root = tree(proud=PROUD)
    assert run("migrate", "plan", str(root), "-o", "plan.json").code == 0
    result = run("migrate", "verify", "plan.json")
    assert result.code == 1
    assert re.search(
        r"^regressed proud Clock now\(\) \(result\)(, \d times)?\n    old: 'object'\n    new: 'LegacyProvider'$",
        result.out,
        re.MULTILINE,
    ), result.out
    assert re.search(r"^\d+ same, 1 regressed$", result.out.splitlines()[-1])
    assert result.err == "1 regressed; purveyor migrate rollback plan.json undoes the migration\n"
    told = run("migrate", "verify", "plan.json", "--json")
    assert (told.code, told.data["ok"]) == (1, False)


def test_progress_of_what_takes_long_in_any_case_is_shown_at_once(
    terminal: Run, run: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quick(*_: object, progress: Callable[[int, int, str], None], **__: object) -> Verification:
        progress(0, 1, "clock\n")
        return Verification((), ())

    monkeypatch.setattr(shared, "_PATIENCE", 1000)
    monkeypatch.setattr("purveyor.migrate.verify.verify", quick)
    run("migrate", "plan", str(tree(clock=CLOCK)), "-o", "plan.json")
    assert re.search(r"comparing .*0/1.* clock\\n", terminal("migrate", "verify", "plan.json").out)
    assert "comparing" not in terminal("migrate", "verify", "plan.json", TERM="dumb").out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(
    number: signal.Signals, planned: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    def long(*_: object, **__: object) -> Verification:
        try:
            os.kill(os.getpid(), number)
            raise AssertionError("the signal should have ended it")
        finally:
            ended.append("tidily")

    monkeypatch.setattr("purveyor.migrate.verify.verify", long)
    result = run("migrate", "verify", planned)
    assert (result.code, ended) == (128 + number, ["tidily"])
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so(planned: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def look(*_: object, **__: object) -> Verification:
        seen.append(signal.getsignal(signal.SIGHUP))
        return Verification((), ())

    monkeypatch.setattr("purveyor.migrate.verify.verify", look)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("migrate", "verify", planned).code == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert seen == [signal.SIG_IGN]


def test_a_script_of_calls(tree: Tree, run: Run, folder: Path) -> None:
    root = tree(clock=CLOCK)
    run("migrate", "plan", str(root), "-o", "plan.json")
    calls = [{"class": "clock:Clock", "build": {"args": [{"zone": "UTC"}]}, "calls": [{"method": "now"}]}]
    (folder / "calls.json").write_text(json.dumps(calls))
    result = run("migrate", "verify", "plan.json", "--script", "calls.json", "--timeout", "20")
    assert (result.code, result.err) == (0, "nothing regressed; next: run your tests\n")
    assert re.fullmatch(r"\d+ same\n", result.out)
    (folder / "calls.json").write_text('[{"class": "clock:Watch", "calls": []}]')
    wrong = run("migrate", "verify", "plan.json", "--script", "calls.json")
    assert wrong.code == 1
    assert wrong.err.startswith("error: calls.json: 'clock:Watch' is no converted class of this plan\n")


def shown(
    capfd: pytest.CaptureFixture[str], *comparisons: Comparison, missing: tuple[NotExercised, ...] = ()
) -> Result:
    capfd.readouterr()
    verify_command._show(
        Output(Settings(color="never")), Verification(comparisons, missing), Path("plan.json"), None
    )
    return Result(0, *capfd.readouterr())


def test_differences_are_told_once(capfd: pytest.CaptureFixture[str]) -> None:
    def compared(scenario: int, step: str, outcome: Outcome, *sides: str) -> Comparison:
        return Comparison("shop", "Till", scenario, step, outcome, *sides)

    result = shown(
        capfd,
        compared(1, "open()", "same"),
        compared(1, "sum()", "fixed", "result", "TypeError: no", "3"),
        compared(2, "sum()", "fixed", "result", "TypeError: no", "3"),
        compared(1, "time()", "nondeterministic", "log", "1", "2"),
        Comparison("shop", "", 0, "import", "fixed", "result", "ImportError: \x1b[2J", "works"),
    )
    assert result.out == (
        "fixed shop Till sum() (result), 2 times\n"
        "    old: TypeError: no\n"
        "    new: 3\n"
        "nondeterministic shop Till time() (log)\n"
        "fixed shop import (result)\n"
        "    old: ImportError: \\x1b[2J\n"
        "    new: works\n"
        "1 same, 3 fixed, 1 nondeterministic\n"
    )
    assert result.err == "nothing regressed; next: run your tests\n"


def test_what_did_not_run_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    why = "not reached, since Till() TypeError: no"
    result = shown(
        capfd,
        missing=(
            NotExercised("shop", "Till", "open()", why),
            NotExercised("shop", "Till", "contract", "its config is of no type"),
            NotExercised("shop", "Till", "close()", why),
            NotExercised("shop", "Base", "", "it is abstract: open"),
        ),
    )
    assert result.out == (
        f"not exercised shop Till: open(), close(): {why}\n"
        "not exercised shop Till: its life with a manager: its config is of no type\n"
        "not exercised shop Base: it is abstract: open\n"
        "4 not exercised\n"
    )
    assert result.err == "nothing was compared: run your tests, or give the calls with --script\n"


# --- data -------------------------------------------------------------------------------------------


def test_data_moves_and_comes_back(run: Run, folder: Path) -> None:
    (folder / "purveyor.toml").write_text('[providers.kept]\ndriver = "memory.sqlite"\npath = "kept.db"\n')
    entry = {"value": "black", "created_at": "2024-03-01T10:00:00", "updated_at": "2024-03-01T10:00:00"}
    entries = folder / "entries.json"
    entries.write_text(json.dumps({"coffee": entry | {"expires_at": None, "metadata": {}}}))
    before = entries.read_bytes()
    moved = run("migrate", "data", "entries.json", "kept")
    assert moved.code == 0, moved.err
    assert moved.out == "1 entry moved from entries.json to kept\n"
    assert "black" in run("memory", "get", "kept", "coffee").out
    entries.unlink()
    back = run("migrate", "data", "entries.json", "kept", "--back")
    assert (back.code, back.out) == (0, "entries.json is as it was, to the byte\n")
    assert entries.read_bytes() == before
    assert run("migrate", "data", "entries.json", "kepd").code == 2
    again = run("migrate", "data", "entries.json", "kept")
    assert again.out == "0 entries moved from entries.json to kept\n1 were there already\n"


def test_where_data_comes_from_is_looked_for_before_it_is_moved(run: Run, folder: Path) -> None:
    (folder / "purveyor.toml").write_text('[providers.kept]\ndriver = "memory.sqlite"\npath = "kept.db"\n')
    nowhere = run("migrate", "data", "nowhere.json", "kept")
    assert (nowhere.code, nowhere.out) == (2, "")
    assert "there is no file or folder 'nowhere.json', and no provider of that name" in nowhere.err
    itself = run("migrate", "data", "kept", "kept")
    assert (itself.code, itself.out) == (2, "")
    assert itself.err.startswith("error: SOURCE and TARGET are the same provider\n")
    assert run("migrate", "data", "kept", "kept", "-n", "old").code == 0
    back = run("migrate", "data", "nowhere.json", "kept", "--back")
    assert (back.code, "there is no journal" in back.err) == (1, True)


def test_the_group_lists_its_commands(run: Run) -> None:
    result = run("migrate", "--help")
    assert result.code == 0
    for name in ("scan", "plan", "apply", "verify", "rollback", "status", "data"):
        assert re.search(rf"^  {name} +\w", result.out, re.MULTILINE)
        assert run("migrate", name, "--help").out.startswith(f"Usage: purveyor migrate {name} ")


def test_help_and_completion_load_no_engine() -> None:
    script = (
        "import sys\n"
        "from purveyor.cli.commands.migrate import command\n"
        "import click\n"
        "for name in ('scan', 'plan', 'apply', 'verify', 'rollback', 'status'):\n"
        "    command.get_command(click.Context(command), name)\n"
        "print([name for name in sys.modules if name.startswith(('libcst', 'purveyor.migrate'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
