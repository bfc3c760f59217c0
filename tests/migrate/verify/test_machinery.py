"""Trees, processes and runs, where something is in the way."""

from __future__ import annotations

import os
import select
import shutil
import signal
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from purveyor.errors import VerifyError
from purveyor.migrate.change.plan import load_plan
from purveyor.migrate.verify import observing, process, trees
from purveyor.migrate.verify.observing import IMPORT, Observer, Unit
from purveyor.migrate.verify.process import Told
from purveyor.migrate.verify.trees import Workspace, remove

from .conftest import Pair

# --- trees ------------------------------------------------------------------------------------------


def test_a_tree_that_cannot_be_copied_leaves_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.change({"mod.py": ("a = 1\n", "a = 2\n")})
    pair.write("other.py", "")

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(VerifyError, match=r"other\.py: .*the tree cannot be copied: No space left on device"):
        pair.verify()  # and the fixture sees that the folder is gone
    monkeypatch.undo()
    monkeypatch.setattr(process, "run", lambda *_, **__: full("", "job.json"))
    with pytest.raises(VerifyError, match=r"job\.json: .*No space left on device"):
        pair.verify()


def test_each_turn_begins_with_the_tree_as_it_was(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.change({"pkg/mod.py": ("a = 1\n", "a = 2\n")})
    pair.write("pkg/data/kept.txt", "kept")
    pair.write("node_modules/x.js", "")
    pair.write("venv/pyvenv.cfg", "")
    pair.write("venv/lib/x.py", "")
    pair.apply()
    os.mkfifo(pair.root / "pipe")
    (pair.root / "alias").symlink_to("pkg")

    def state(workspace: Workspace) -> dict[str, str]:
        files = sorted(path for path in workspace.tree.rglob("*") if path.is_file())
        return {str(path.relative_to(workspace.tree)): path.read_text() for path in files}

    with Workspace(pair.root, load_plan(pair.plan)) as workspace:
        assert workspace.paths() == ["alias", "pkg/data/kept.txt", "pkg/mod.py"]
        with workspace.turn("old"):
            before = state(workspace)
            assert before["pkg/mod.py"] == "a = 1\n"
            (workspace.tree / "pkg" / "mod.py").write_text("a = 3\n")
            shutil.rmtree(workspace.tree / "pkg" / "data")
            (workspace.tree / "pkg" / "data").write_text("no folder")
            (workspace.tree / "new" / "folder").mkdir(parents=True)
            (workspace.sandbox / "home" / "x").write_text("x")
            (workspace.tree / "alias").unlink()
        with workspace.turn("old"):
            assert state(workspace) == before
            assert (workspace.tree / "alias" / "data" / "kept.txt").read_text() == "kept"
            assert not (workspace.tree / "new").exists()
            assert list((workspace.sandbox / "home").iterdir()) == []
            shutil.rmtree(workspace.sandbox)
        with workspace.turn("old"):
            assert state(workspace) == before
        with workspace.turn("new"):
            assert state(workspace) == {**before, "pkg/mod.py": "a = 2\n"}


def test_a_folder_that_cannot_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("")

    def refuse(folder: object) -> Any:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    assert list(trees._walk(tmp_path, "", lambda _: True)) == []
    monkeypatch.undo()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_text("")
    (tmp_path / "b").chmod(0)
    remove(tmp_path / "b")
    remove(tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


# --- processes --------------------------------------------------------------------------------------


def test_packages_of_the_user_are_found_though_home_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(site, "getuserbase", lambda: "/home/u/.local")
    assert process._environment(tmp_path, "m")["PYTHONUSERBASE"] == "/home/u/.local"
    monkeypatch.setattr(site, "ENABLE_USER_SITE", False)
    assert "PYTHONUSERBASE" not in process._environment(tmp_path, "m")


def test_relative_paths_are_not_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for given, kept in (("/a:b:/c", "/a:/c"), ("b", None), ("", None), (None, None)):
        monkeypatch.delenv("PYTHONPATH", raising=False)
        if given is not None:
            monkeypatch.setenv("PYTHONPATH", given)
        assert process._environment(tmp_path, "m").get("PYTHONPATH") == kept


def test_a_process_that_ended_is_not_waited_for_though_somebody_holds_its_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        assert process._hear(ended, reading, 60).ended == "died"
    os.write(writing, b'{"kind": "begin"}\n{"kind": "done"}\n')
    answers: Iterator[Any] = iter([([], [], [])])
    ask = select.select
    monkeypatch.setattr(
        select, "select", lambda *args: next(answers, None) or ask(*args)
    )  # as if it came just now
    told = process._hear(ended, reading, 60)
    assert (told.ended, told.messages) == ("done", [{"kind": "begin"}])
    os.close(reading)
    os.close(writing)


def test_what_cannot_be_ended_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []
    monkeypatch.setattr(process, "_marked", lambda mark: [1 << 22])
    monkeypatch.setattr(os, "kill", lambda pid, number: tries.append(pid))
    with subprocess.Popen([sys.executable, "-c", "pass"], start_new_session=True) as ended:
        process._end(ended, "m")
    assert len(tries) == 20
    monkeypatch.undo()
    monkeypatch.setattr(os, "scandir", lambda path: (_ for _ in ()).throw(FileNotFoundError()))
    assert list(process._marked(b"m")) == []


def test_a_process_that_a_nameless_signal_ended() -> None:
    number = signal.SIGRTMIN + 1
    with subprocess.Popen([sys.executable, "-c", f"import os; os.kill(os.getpid(), {number})"]) as ended:
        assert process._how(ended) == f"signal SIG{number}"


# --- runs -------------------------------------------------------------------------------------------


PLAYS = [{"class": "mod:Thing", "kind": "calls", "build": {"args": [], "kwargs": {}}, "calls": []}] * 3


def observe(pair: Pair, monkeypatch: pytest.MonkeyPatch, *tellings: Told) -> tuple[observing.Run, list[int]]:
    """A run whose processes tell this."""
    pair.change({"mod.py": ("a = 1\n", "a = 2\n")})
    left, starts = list(tellings), list[int]()

    def run(job: Any, **_: object) -> Told:
        starts.append(job["start"])
        return left.pop(0)

    monkeypatch.setattr(process, "run", run)
    with Workspace(pair.root, load_plan(pair.plan)) as workspace:
        seen = Observer(workspace, ["src/"], 1.0, {}).run("old", Unit("mod", {"Thing": []}), None, 0.0)
    assert not left
    return seen, starts


def begin(play: int, step: int) -> dict[str, Any]:
    return {"kind": "begin", "play": play, "step": step, "label": "x"}


END = {"kind": "end", "outcome": "value"}
IMPORTED = [begin(-1, 0), END]


def test_a_process_that_ends_again_and_again_is_followed_to_the_last_play(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, starts = observe(
        pair,
        monkeypatch,
        Told([*IMPORTED, {"kind": "plays", "plays": PLAYS, "skipped": []}, begin(0, 0)], "timeout"),
        Told([begin(-1, 0)], "died", "exit code 1"),
        Told([*IMPORTED, begin(2, 0), END, begin(2, 1)], "died", "exit code 2"),
    )
    assert starts == [0, 1, 2]
    assert {place: seen.outcome for place, seen in run.seen.items()} == {
        IMPORT: "value", (0, 0): "timeout", (2, 0): "value", (2, 1): "died",
    }  # fmt: skip
    assert run.skipped == [{"class": "mod:Thing", "member": "", "reason": "its process ended: exit code 1"}]


def test_a_process_that_ends_before_it_knows_what_to_play(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = observe(pair, monkeypatch, Told(IMPORTED, "timeout"))
    assert run.plays is None
    assert run.skipped == [
        {"class": "mod:Thing", "member": "", "reason": "its process ended as it was looked at: timeout"}
    ]
