"""The parts of the process that tries things out, one by one."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import socket
import sqlite3
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from purveyor.migrate.verify.child import __main__ as entry
from purveyor.migrate.verify.child.channel import Channel
from purveyor.migrate.verify.child.contract import _config, _given
from purveyor.migrate.verify.child.deriving import Providers, derive
from purveyor.migrate.verify.child.frozen import Frozen
from purveyor.migrate.verify.child.guard import Guard
from purveyor.migrate.verify.child.player import Heard, _exhausted, _whole
from purveyor.migrate.verify.child.reading import keys_read, models_made
from purveyor.migrate.verify.child.sandbox import Files

HERE = __name__
NONE = Providers({}, {})


# --- guard ------------------------------------------------------------------------------------------


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guard:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "way-out").symlink_to("/")
    monkeypatch.setattr(sys, "addaudithook", lambda hook: None)  # it could not be taken away again
    return Guard(str(tmp_path / "box"))


INSIDE: list[tuple[str, tuple[Any, ...]]] = [
    ("open", ("{box}/a", "w", os.O_WRONLY | os.O_CREAT)),
    ("open", ("/etc/passwd", "r", os.O_RDONLY)),
    ("open", (3, "w", os.O_WRONLY)),
    ("open", ("/dev/null", "w", os.O_WRONLY)),
    ("open", ("/etc/passwd", "r", None)),
    ("os.mkdir", ("{box}", 0o777, -1)),
    ("os.rename", ("{box}/a", b"{box}/b", -1, -1)),
    ("os.remove", ("{box}/a", -1)),
    ("sqlite3.connect", (":memory:",)),
    ("sqlite3.connect", ("",)),
    ("sqlite3.connect", ("file::memory:?cache=shared",)),
    ("sqlite3.connect", ("file:{box}/a.db?mode=ro",)),
    ("socket.connect", (None, "{box}/a.sock")),
    ("socket.sendmsg", (None, None)),
    ("os.listdir", ("/",)),
]
OUTSIDE: list[tuple[str, tuple[Any, ...]]] = [
    ("open", ("/x", "w", os.O_WRONLY | os.O_CREAT)),
    ("open", ("{box}x", "w", os.O_RDWR)),
    ("open", ("{box}/../x", "w", os.O_RDWR)),
    ("open", ("{box}/way-out/x", "w", os.O_RDWR)),
    ("os.rename", ("{box}/a", "/a", -1, -1)),
    ("os.remove", ("/x", -1)),
    ("os.truncate", ("/x", 0)),
    ("shutil.rmtree", ("/x",)),
    ("sqlite3.connect", ("/x.db",)),
    ("socket.connect", (None, ("127.0.0.1", 80))),
    ("socket.connect", (None, "/run/x.sock")),
    ("socket.bind", (None, ("", 80))),
    ("socket.getaddrinfo", ("example.com", 80, 0, 0, 0)),
]


def _placed(args: tuple[Any, ...], box: Path) -> tuple[Any, ...]:
    """The arguments with the sandbox's path in them."""
    return tuple(
        each.replace("{box}", str(box)) if isinstance(each, str)
        else each.replace(b"{box}", os.fsencode(box)) if isinstance(each, bytes)
        else each
        for each in args
    )  # fmt: skip


@pytest.mark.parametrize(("event", "args"), INSIDE)
def test_what_stays_inside_is_let_through(guard: Guard, tmp_path: Path, event: str, args: tuple[Any, ...]) -> None:
    guard._hear(event, _placed(args, tmp_path / "box"))
    assert guard.refused == []


@pytest.mark.parametrize(("event", "args"), OUTSIDE)
def test_what_leads_out_is_refused(guard: Guard, tmp_path: Path, event: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(OSError, match="purveyor migrate verify"):
        guard._hear(event, _placed(args, tmp_path / "box"))
    assert len(guard.refused) == 1
    assert guard.refused[0].startswith(event)
    guard.off()
    guard._hear(event, args)


def test_names_relative_to_a_folder_that_is_open(guard: Guard, tmp_path: Path) -> None:
    for folder, inside in ((tmp_path / "box", True), (tmp_path, False)):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if inside:
                guard._hear("os.remove", ("a", descriptor))
            else:
                with pytest.raises(PermissionError):
                    guard._hear("os.remove", ("a", descriptor))
        finally:
            os.close(descriptor)


def test_refusals_are_kept_up_to_a_bound(guard: Guard) -> None:
    for _ in range(200):
        with pytest.raises(PermissionError):
            guard._hear("os.remove", ("/x", -1))
    assert len(guard.refused) == 100


def test_the_events_are_those_that_python_raises(tmp_path: Path) -> None:
    """Their arguments stand where they are looked for."""
    heard: dict[str, tuple[Any, ...]] = {}
    hearing = True

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if hearing:
            heard[event] = args

    sys.addaudithook(hook)
    file = tmp_path / "a"
    file.write_text("x")
    file.rename(tmp_path / "b")
    sqlite3.connect(str(tmp_path / "c.db")).close()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
    hearing = False
    assert heard["os.rename"][:2] == (str(file), str(tmp_path / "b"))
    assert heard["sqlite3.connect"] == (str(tmp_path / "c.db"),)
    assert heard["socket.bind"][1] == ("127.0.0.1", 0)


# --- the frozen world -------------------------------------------------------------------------------


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is replaced is put back."""
    for module, name in (
        (time, "time"), (time, "time_ns"), (os, "urandom"), (random, "_urandom"), (uuid, "_generate_time_safe"), (uuid, "_node"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name))


@pytest.mark.usefixtures("world")
def test_time_and_chance_are_the_same_in_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    elapsed = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: elapsed)
    clock = Frozen(1_000.0)

    def draw(step: int) -> list[Any]:
        clock.step(step)
        return [random.random(), os.urandom(4), uuid.uuid4(), random.SystemRandom().random()]

    first, second = draw(1), draw(2)
    assert first != second
    assert draw(1) == first
    assert (time.time(), time.time_ns()) == (1_003.0, 1_003_000_000_000)
    elapsed = 1.0
    assert time.time() == 1_003.0
    elapsed = 4.0
    assert time.time() == 1_006.0  # who waits for a moment gets there
    assert uuid.uuid1().node == 0x020000000001
    clock.step(5)
    assert time.time() == 1_006.0  # and it never goes back


# --- files, records, generators, the channel ---------------------------------------------------------


def test_changes_of_files_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").write_text("1")
    (tmp_path / "gone").write_text("1")
    files = Files(str(tmp_path))
    assert files.changes() == {}
    (tmp_path / "kept" / "a").write_text("12")
    (tmp_path / "gone").unlink()
    (tmp_path / "link").symlink_to("kept")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr("purveyor.migrate.verify.child.sandbox._READ", 10)
    (tmp_path / "large").write_text("x" * 11)
    changes = files.changes()
    assert changes.pop("kept/a") == "6b51d431df5d7f14"
    assert changes == {"gone": "removed", "large": "11 bytes", "link": "-> kept", "pipe": "no regular file"}
    (tmp_path / "unread").write_text("1")
    monkeypatch.setattr("builtins.open", _refuse)
    assert files.changes() == {"unread": "unreadable: nobody may"}
    monkeypatch.undo()
    monkeypatch.setattr("os.scandir", _refuse)
    assert set(files.changes().values()) == {"removed"}


def _refuse(*_: Any, **__: Any) -> Any:
    raise PermissionError(13, "nobody may")


def test_a_file_may_vanish_while_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        path = name = "gone"

        def is_dir(self, *, follow_symlinks: bool) -> bool:
            return False

        def stat(self, *, follow_symlinks: bool) -> Any:
            raise FileNotFoundError

    monkeypatch.setattr("os.scandir", lambda folder: [Gone()])
    assert Files(str(tmp_path)).changes() == {}


def test_log_records_are_kept_as_text() -> None:
    heard = Heard()
    for name, args in (("mod", (1,)), ("purveyor.x", (1,)), ("asyncio", (1,)), ("mod", (1, 2))):
        heard.emit(logging.LogRecord(name, logging.INFO, "", 0, "a %s", args, None))
    assert heard.records == ["INFO mod: a 1", "INFO mod: <TypeError> 'a %s'"]


async def test_generators_are_taken_to_their_end_or_a_bound() -> None:
    closed: list[str] = []

    async def endless() -> Any:
        try:
            while True:
                yield 1
        finally:
            closed.append("async")

    def plain() -> Any:
        try:
            while True:
                yield 1
        finally:
            closed.append("sync")

    class Iterator:
        def __init__(self) -> None:
            self.left = 2

        def __aiter__(self) -> Iterator:
            return self

        async def __anext__(self) -> int:
            self.left -= 1
            if self.left < 0:
                raise StopAsyncIteration
            return self.left

    async def gives(value: Any) -> Any:
        return value

    assert len(await _whole(endless())) == 100
    assert len(await _whole(gives(plain()))) == 100
    assert await _whole(Iterator()) == [1, 0]
    assert _exhausted(map(str, [1])) == ["1"]
    assert _exhausted("text") == "text"
    assert sorted(closed) == ["async", "sync"]
    assert await _whole(asyncio.sleep(0, [1])) == [1]


def test_lines_go_through_the_channel_from_this_process_only() -> None:
    reading, writing = os.pipe()
    channel = Channel(writing)
    channel.send("hello", text="\ud800")
    forked = os.fork()
    if not forked:
        channel.send("never")
        os._exit(9)
    assert os.waitpid(forked, 0)[1] == 0
    channel._close()
    with os.fdopen(reading, "rb") as lines:
        assert [json.loads(line) for line in lines] == [{"kind": "hello", "text": "\ud800"}]
    channel._close = lambda: None  # type: ignore[method-assign]
    assert entry._NAME == "purveyor.migrate.verify.child"


# --- what is read and derived -----------------------------------------------------------------------


class Settings:
    def __init__(self, path: str, size: int = 1) -> None: ...


def not_a_class(**_: Any) -> None: ...


class Reads:
    def __init__(self, config: dict[str, Any], **options: Any) -> None:
        self._config = config
        config["written"] = 1
        config["path"], self._config["size"], config.get("not"), self.other["not"], config[0]  # type: ignore[attr-defined, index]
        Settings(**options)
        not_a_class(**options)
        len(**options)  # type: ignore[call-arg]
        options.keys()


def test_keys_and_models_are_read_off_the_source() -> None:
    assert list(keys_read([Reads])) == ["path", "size"]
    assert models_made(Reads, "options") == [Settings]
    assert models_made(Reads, "others") == []
    assert keys_read([type("Made", (), {})]) == {}


class Model:
    def __init__(self, **values: Any) -> None:
        self.made = Settings(**values)

    @classmethod
    def of(cls, name: str) -> None: ...

    @staticmethod
    def helper(count: int) -> None: ...

    @property
    def size(self) -> None: ...

    async def aload(self) -> None: ...
    async def astart(self) -> None: ...
    async def adelete(self, key: str) -> None: ...
    async def aput(self, key: str, value: object) -> None: ...
    async def hand(self, file: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
    def _private(self) -> None: ...


class Entered:
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...


class Loads:
    @property
    def start(self) -> None: ...
    def load(self, key: str) -> None: ...


class Both:
    def __init__(self, name: str, **kwargs: Any) -> None: ...


class Wraps:
    def __init__(self, **kwargs: Any) -> None:
        self.path = kwargs["path"]


def test_a_class_gets_its_calls() -> None:
    derived = derive(Model, f"{HERE}:Model", [], scripted=False, providers=NONE)
    calls, lifecycle = derived.plays
    assert calls["build"] == {"args": [], "kwargs": {"path": {"$path": "path"}}}
    assert [call["method"] for call in calls["calls"]] == ["astart", "aput", "of", "helper", "size", "adelete"]
    assert calls["context"] == lifecycle["context"] == "async"
    assert lifecycle["roles"] == ["build", "open", "open again"]
    assert derived.skipped == [
        {"class": f"{HERE}:Model", "member": "aload", "reason": "another name of the lifecycle"},
        {"class": f"{HERE}:Model", "member": "hand", "reason": "file: 'Nowhere' is no class that is known"},
    ]


def test_context_managers_open_and_close() -> None:
    calls, lifecycle = derive(Entered, f"{HERE}:Entered", [], scripted=False, providers=NONE).plays
    assert [(each["method"], each["args"]) for each in calls["calls"]] == [
        ("__enter__", []),
        ("__exit__", [None] * 3),
    ]
    assert calls["context"] == "sync"
    assert lifecycle["roles"] == ["build", "open", "close", "open again", "close again", "close twice"]


def test_what_wants_arguments_is_an_operation_unless_nothing_else_opens() -> None:
    (calls, _) = derive(Loads, f"{HERE}:Loads", [], scripted=False, providers=NONE).plays
    assert [call["method"] for call in calls["calls"]] == ["start", "load"]
    (calls, _) = derive(Wraps, f"{HERE}:Wraps", [], scripted=False, providers=NONE).plays
    assert calls["build"] == {"args": [], "kwargs": {"path": {"$path": "path"}}}
    (calls, _) = derive(Both, f"{HERE}:Both", [], scripted=False, providers=NONE).plays
    assert calls["build"] == {"args": ["name"], "kwargs": {}}
    (calls, _) = derive(
        Wraps, f"{HERE}:Wraps", [], scripted=False, providers=Providers({f"{HERE}:Wraps": {"size": "int"}}, {})
    ).plays
    assert calls["build"] == {"args": [], "kwargs": {"path": {"$path": "path"}, "size": 1}}


class Needs:
    def __init__(self, wraps: Wraps, *, both: Both) -> None: ...


class Hen:
    def __init__(self, egg: Egg) -> None: ...


class Egg:
    def __init__(self, hen: Hen) -> None: ...


def test_what_another_converted_class_takes_is_built_as_that_is_on_its_own() -> None:
    keys: dict[str, dict[str, str]] = {f"{HERE}:{name}": {} for name in ("Needs", "Wraps", "Hen", "Egg")}
    keys[f"{HERE}:Wraps"] = {"size": "int"}
    (calls, _) = derive(Needs, f"{HERE}:Needs", [], scripted=False, providers=Providers(keys, {})).plays
    wraps, both = {"path": {"$path": "path"}, "size": 1}, {"$call": f"{HERE}:Both", "args": ["name"], "kwargs": {}}
    assert calls["build"] == {
        "args": [{"$call": f"{HERE}:Wraps", "args": [], "kwargs": wraps}],
        "kwargs": {"both": both},
    }
    worked = {f"{HERE}:Wraps": {"args": [], "kwargs": {"path": "x"}}}
    (calls, _) = derive(Needs, f"{HERE}:Needs", [], scripted=False, providers=Providers(keys, worked)).plays
    assert calls["build"]["args"] == [{"$call": f"{HERE}:Wraps", "args": [], "kwargs": {"path": "x"}}]
    (skipped,) = derive(Hen, f"{HERE}:Hen", [], scripted=False, providers=Providers(keys, {})).skipped
    assert skipped["reason"] == "egg: a Egg cannot be made up"


def test_seeds_come_first_and_are_framed() -> None:
    def call(method: str) -> dict[str, Any]:
        return {"method": method, "args": [], "kwargs": {}}

    build = {"args": [3], "kwargs": {}}
    seeds = [{"build": build, "calls": [call("__enter__"), call("other")]}]
    plays = derive(Entered, f"{HERE}:Entered", seeds, scripted=False, providers=NONE).plays
    assert [[each["method"] for each in play["calls"]] for play in plays[:-1]] == [
        ["__enter__", "other", "__exit__"]
    ]
    assert all(play["build"] == build for play in plays)
    plays = derive(Entered, f"{HERE}:Entered", seeds, scripted=True, providers=NONE).plays
    assert [[each["method"] for each in play["calls"]] for play in plays[:-1]] == [["__enter__", "other"]]


def test_a_config_is_filled_from_what_the_class_was_built_with() -> None:
    given = _given(
        {
            "args": [{"a": 1}, {"$path": "x"}, 3],
            "kwargs": {"config": {"b": 2}, "c": {"$call": "m:C", "kwargs": {"d": 4}}},
        }
    )
    assert {key: given[key] for key in "abd"} == {"a": 1, "b": 2, "d": 4}

    class Thing:
        @classmethod
        def from_config(cls, config: Reads) -> None: ...

    with pytest.raises(Exception, match="of no type that says what it holds"):
        _config(Thing, {"args": [], "kwargs": {}})
