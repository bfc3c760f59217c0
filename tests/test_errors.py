"""Errors: data, text, and what survives copying."""

from __future__ import annotations

import copy
import errno
import inspect
import pickle
from typing import Any

import pytest

from purveyor import errors
from purveyor.errors import ConfigError, ConfigProblem, PurveyorError
from purveyor.metadata import ProviderStatus

EXAMPLES: dict[type[PurveyorError], tuple[Any, ...]] = {
    errors.PurveyorError: ("plain text",),
    errors.ProviderExistsError: ("notes",),
    errors.ProviderNotFoundError: ("note", ("notes", "files")),
    errors.ProviderTypeError: ("notes", int, str),
    errors.InvalidMetadataError: ("name", "it is empty"),
    errors.LifecycleError: ("notes",),
    errors.ProviderNotReadyError: ("notes", ProviderStatus.FAILED),
    errors.ReentrantLifecycleError: ("notes", "unregister"),
    errors.StrayCancellationError: ("notes", "cleanup"),
    errors.RegistrationAbortedError: ("notes",),
    errors.InvalidNeedError: (PurveyorError, "notes", "is a ClassVar", "leave ClassVar out"),
    errors.NeedsError: (
        (errors.NeedProblem("a", "memory", "it needs itself", "have it do without", ("a", "a")),),
    ),
    errors.NeedFailedError: ("a", "b", "c"),
    errors.ProviderTimeoutError: ("notes", "start", 1.5),
    errors.ProviderUnhealthyError: ("notes", "the disk is full"),
    errors.ProviderInUseError: ("notes", ("summariser", "indexer")),
    errors.NoEventLoopError: (),
    errors.OperationTimeoutError: ("notes", "put", 1.5),
    errors.BreakerOpenError: ("notes", "put", 12.0),
    errors.OverloadedError: ("notes", "put", 8, 16),
    errors.StartFailedError: ("notes", "OSError: down"),
    errors.RuntimeFolderError: ("/run/purveyor", "it is somebody else's"),
    errors.NotRunningError: ("purveyor.toml", "its process is gone"),
    errors.RemoteError: ("ConfigError", "unknown key", "p.toml:3:1", "did you mean 'b'?"),
    errors.ManagerClosingError: (),
    errors.WrongEventLoopError: (),
    errors.UnsupportedError: ("memory.inprocess", "text search", "memory.sqlite"),
    errors.InvalidMetricError: ("jobs", "it is a counter"),
    errors.MissingExtraError: ("memory.sqlite", "apsw", "purveyor[sqlite]"),
    errors.DataError: ("text",),
    errors.InvalidInputError: ("value.a[3]", "NaN is not JSON", "use null"),
    errors.ConflictError: ("n1", 3, 4),
    errors.StoreError: ("memory.sqlite /data/notes.db", "it broke", "mend it"),
    errors.StoreClosedError: ("memory.sqlite", "it is closed"),
    errors.StoreCorruptError: ("memory.sqlite", "it is no database"),
    errors.StoreFullError: ("memory.sqlite", "the disk is full"),
    errors.StoreBusyError: ("memory.sqlite", "it is locked"),
    errors.StorePermissionError: ("memory.sqlite", "it is read-only"),
    errors.ObjectNotFoundError: ("a/b",),
    errors.PathObstructedError: ("a/b", "a", "a symbolic link"),
    errors.PartialDeleteError: (2, {"a": errors.ObjectNotFoundError("a")}),
    errors.ChecksumError: ("a/b", "sha256:1", "sha256:2"),
    errors.ConfigError: ((ConfigProblem("providers.a", "unknown key", "did you mean 'b'?", "p.toml", 3, 1),),),
    errors.NotStartedError: (),
    errors.ItemNotFoundError: ("notes", "n1", ("alice",)),
    errors.FileInTheWayError: ("out.txt",),
    errors.ListenError: ("0.0.0.0:8765", "it is not a loopback address", "use 127.0.0.1"),
    errors.DriverNotFoundError: ("memory.sqlit", ("memory.sqlite",)),
    errors.DriverLoadError: ("memory.x", "pkg 1.0", "it raised"),
    errors.MigrationError: ("it cannot be done",),
    errors.PlanError: ("plan.json", "it is no JSON"),
    errors.PatchError: ("a.py", 3, "the line is not there"),
    errors.MigrationJournalError: (".purveyor/migrate/1/journal.jsonl", "line 2 was changed", "remove it"),
    errors.MigrationBusyError: ("/src",),
    errors.SourceNotFoundError: ("/src",),
    errors.MigrationRefusedError: ("apply", (errors.Refusal("a.py", "it was changed", "plan again"),)),
    errors.MigrationFailedError: ("apply", "a.py", "No space left on device", "undone"),
    errors.NotBuiltError: ("notes", "path"),
    errors.LaneBusyError: ("notes", 5.0),
    errors.ConstructionError: ("LocalStore", "(path)", ("folder",)),
    errors.VerifyError: ("No space left on device", "a.py"),
    errors.CallScriptError: ("script.json", "is no list", "[0].calls"),
    errors.FakeClockError: ("time stands still", "advance it"),
    errors.MoveError: ("data cannot be moved",),
    errors.MoveRefusedError: ("entries.json", (errors.MoveProblem("is NaN", "use null", "a", "entries.json", 3),)),
    errors.SourceChangedError: ("entries.json",),
    errors.UnknownFormatError: ("data.txt", "it is text", "name a store"),
    errors.MoveCollisionError: ("notes", ("a", "b")),
    errors.MoveVerificationError: ("notes", ("a",)),
    errors.JournalError: ("notes.db.moved", "it is damaged", "move again"),
    errors.DestinationChangedError: ("entries.json",),
}


def test_there_is_an_example_of_every_error() -> None:
    classes = {
        value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, PurveyorError)
    }
    assert classes == set(EXAMPLES)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_an_error_says_what_where_and_what_to_do_and_can_be_copied(kind: type[PurveyorError]) -> None:
    error = kind(*EXAMPLES[kind])
    text = str(error)
    assert error.what in text
    assert error.where is None or error.where in text
    assert error.hint is None or error.hint in text
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is kind
        if kind is not errors.ConfigError:
            assert str(twin) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (errors.ProviderExistsError, "Provider notes already registered; unregister it first, or choose another name"),
        (errors.ProviderNotFoundError, "Provider note not found; did you mean 'notes'?"),
        (errors.InvalidInputError, "value.a[3]: NaN is not JSON; use null"),
        (errors.ConflictError, "n1: expected it to be at 3, but it is at 4; read it again and decide anew"),
        (errors.ConfigError, "p.toml:3:1 providers.a: unknown key; did you mean 'b'?"),
        (errors.MissingExtraError,
         "memory.sqlite needs the module apsw, which is not installed; pip install 'purveyor[sqlite]'"),
        (errors.InvalidNeedError, "purveyor.errors.base.PurveyorError.notes: is a ClassVar; leave ClassVar out"),
        (errors.NeedsError, "a.needs.memory: it needs itself; have it do without"),
        (errors.NeedFailedError,
         "provider a was not started: b, which it needs, is not there, because c failed; see why c failed"),
        (errors.UnsupportedError, "memory.inprocess does not support text search; use memory.sqlite"),
    ],
)  # fmt: skip
def test_texts(kind: type[PurveyorError], text: str) -> None:
    assert str(kind(*EXAMPLES[kind])) == text


def test_texts_of_timeouts() -> None:
    error = errors.ProviderTimeoutError("notes", "stop", 2.0, abandoned=True)
    for twin in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert twin.abandoned
        assert isinstance(twin, TimeoutError)
        assert "stop of provider notes was not over after 2 s, ignored its cancellation and was abandoned" in str(
            twin
        )
    assert str(errors.ProviderTimeoutError("notes", "stop", 2.0)).endswith(
        "raise policy.stop_timeout, or find out what it waits for"
    )
    assert "raise policy.start_timeout" in str(errors.ProviderTimeoutError("notes", "start", 2.0))


def test_texts_where_less_is_known() -> None:
    assert str(errors.ProviderUnhealthyError("notes", "")) == "provider notes is not healthy"
    assert "because" not in str(errors.NeedFailedError("a", "b", "b"))
    assert errors.NeedsError((errors.NeedProblem("a", "", "it is wrong"),)).what == "a: it is wrong"
    assert str(errors.StartFailedError("a", None)) == "provider a failed to start; see the log"
    assert str(errors.ProviderNotFoundError("x")) == "Provider x not found"
    assert str(errors.ConflictError("n1", "absent", 4)).startswith("n1: expected it to be absent, but it is at 4")
    assert "but it does not exist" in str(errors.ConflictError("n1", 3, None))
    assert str(errors.ItemNotFoundError("notes", "n1")).startswith(
        "notes n1: no such item; it may stand in a name"
    )
    assert str(errors.UnsupportedError("a", "b")) == "a does not support b"
    assert str(errors.DriverNotFoundError("zzz")).endswith("`purveyor drivers` lists what is installed")
    assert str(PurveyorError()) == "PurveyorError"
    assert str(ConfigProblem("", "half-written", file="p.toml")) == "p.toml: half-written"
    assert str(ConfigProblem("a.b", "wrong")) == "a.b: wrong"
    assert str(ConfigProblem("", "wrong")) == "wrong"
    assert repr(ConfigProblem("a", "wrong")) == "ConfigProblem('a: wrong')"
    two = ConfigError([ConfigProblem("a", "x"), ConfigProblem("b", "y")])
    assert str(two) == "a: x\nb: y"


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (errors.StoreFullError, errno.ENOSPC),
        (errors.StoreBusyError, errno.ETIMEDOUT),
        (errors.StorePermissionError, errno.EACCES),
    ],
)
@pytest.mark.parametrize("advice", [(), ("mend it",)])
def test_a_stores_error_of_the_system_has_its_number(
    kind: type[errors.StoreError], number: int, advice: tuple[str, ...]
) -> None:
    error = kind("memory.sqlite", "it broke", *advice)
    for twin in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (twin.store, twin.problem, twin.advice) == ("memory.sqlite", "it broke", *(advice or (None,)))
        assert isinstance(twin, OSError)
        assert (twin.errno, twin.strerror, twin.filename) == (number, "it broke", None)


def test_near_misses_ignore_case_and_are_few() -> None:
    known = ["notes", "nodes", "Notes2", "note", "files"]
    assert errors.near_misses("NOTES", known)[0] == "notes"
    assert len(errors.near_misses("notes", known)) == 3
    assert errors.near_misses("zzz", known) == ()


def test_near_misses_among_very_many_are_looked_for_among_those_that_begin_alike() -> None:
    known = [f"provider-{i}" for i in range(100_000)] + ["notes"]
    assert errors.near_misses("note", known) == ("notes",)
