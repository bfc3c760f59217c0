"""What each error says of the backend."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from purveyor.errors import (
    BreakerOpenError,
    ChecksumError,
    ConfigError,
    ConflictError,
    InvalidInputError,
    ItemNotFoundError,
    MissingExtraError,
    ObjectNotFoundError,
    OperationTimeoutError,
    OverloadedError,
    PartialDeleteError,
    PathObstructedError,
    ProviderNotFoundError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    UnsupportedError,
)
from purveyor.policy.verdict import Verdict, judge


class PermanentError(OSError):
    permanent = True


@pytest.mark.parametrize(
    "error",
    [
        OSError("gone"),
        ConnectionResetError(),
        FileNotFoundError("the server's socket"),
        PermissionError(),
        TimeoutError(),
        RuntimeError("closed"),
        Exception("whatever"),
        EOFError(),
        OperationTimeoutError("db", "put", 3),
        StoreError("db", "broken"),
        StoreBusyError("db", "locked"),
        StoreFullError("db", "full"),
        ChecksumError("a", "1", "2"),
        PartialDeleteError(1, {"a": StoreError("db", "broken")}),
        ExceptionGroup("all", [OSError(), ExceptionGroup("inside", [TimeoutError()])]),
    ],
    ids=repr,
)
def test_a_failure_of_the_backend(error: Exception) -> None:
    assert judge(error) is Verdict.FAILED


@pytest.mark.parametrize(
    "error",
    [
        ConflictError("a", 1, 2),
        ObjectNotFoundError("a"),
        ItemNotFoundError("notes", "a"),
        ProviderNotFoundError("a"),
        PathObstructedError("a", "a", "a folder"),
        KeyError("a"),
        StopAsyncIteration(),
        ExceptionGroup("one", [OSError(), KeyError()]),
    ],
    ids=repr,
)
def test_an_answer_of_a_backend_that_works(error: Exception) -> None:
    assert judge(error) is Verdict.ANSWERED


@pytest.mark.parametrize(
    "error",
    [
        InvalidInputError("key", "is empty"),
        UnsupportedError("memory.x", "search"),
        ConfigError([]),
        MissingExtraError("a", "b", "c"),
        PermanentError("wrong password"),
        ValueError(),
        UnicodeDecodeError("utf-8", b"", 0, 1, ""),
        TypeError(),
        AttributeError(),
        NotImplementedError(),
        AssertionError(),
        NameError(),
        BreakerOpenError("other", "get", 3),
        OverloadedError("other", "get", 3, 4),
        asyncio.CancelledError(),
        GeneratorExit(),
        KeyboardInterrupt(),
        BaseExceptionGroup("one", [OSError(), KeyboardInterrupt()]),
        ExceptionGroup("one", [OSError(), ValueError()]),
    ],
    ids=repr,
)
def test_what_says_nothing_of_the_backend(error: Any) -> None:
    assert judge(error) is Verdict.NOTHING
