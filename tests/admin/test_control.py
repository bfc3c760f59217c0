"""The control routes, asked in process."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from purveyor.admin.app import create_app
from purveyor.admin.control import control_routes
from purveyor.app import ReloadSummary
from purveyor.config.diff import Change, ConfigDiff
from purveyor.errors import (
    ConfigError,
    ConfigProblem,
    ManagerClosingError,
    MissingExtraError,
    NeedProblem,
    NeedsError,
    NotStartedError,
    ProviderNotFoundError,
)
from purveyor.manager import ProviderManager

TOKEN = "marker-token"
KNOWN = {"authorization": f"Bearer {TOKEN}"}


class Stage:
    """What is controlled: does what the test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.error: Exception | None = None
        self.failed: dict[str, Exception] = {}

    async def plan(self) -> ConfigDiff:
        self.asked.append("plan")
        if self.error:
            raise self.error
        return ConfigDiff(
            (Change("a", "changed", "swap", ("path", "policy.timeout")),), ("b",), ("c",), ("server.port",)
        )

    async def reload(self, name: str | None = None) -> ReloadSummary:
        self.asked.append(("reload", name))
        if self.error:
            raise self.error
        return ReloadSummary(added=("a",), unchanged=("b",), failed=self.failed)


def describe(error: Exception) -> dict[str, Any]:
    return {"type": type(error).__name__, "what": str(error), "where": None, "hint": None}


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
async def http(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with client(stage) as http:
        yield http


def client(stage: Stage, host: str = "127.0.0.1") -> httpx.AsyncClient:
    app = create_app(ProviderManager(), control=control_routes(stage, TOKEN, describe))
    transport = httpx.ASGITransport(app, client=(host, 5000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=KNOWN)


async def test_the_plan(http: httpx.AsyncClient) -> None:
    answer = await http.get("/control/plan")
    assert answer.status_code == 200
    assert answer.json() == {
        "version": 1,
        "data": {
            "changes": [
                {
                    "name": "a",
                    "kind": "changed",
                    "action": "swap",
                    "keys": ["path", "policy.timeout"],
                    "replaced": False,
                }
            ],
            "unchanged": ["b"],
            "unavailable": ["c"],
            "postponed": ["server.port"],
        },
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_a_reload(http: httpx.AsyncClient, stage: Stage) -> None:
    stage.failed["x"] = RuntimeError("no")
    for body in (b"", b"{}", b'{"name": null}'):
        answer = await http.post("/control/reload", content=body)
        assert answer.status_code == 200
        assert answer.json() == {
            "version": 1,
            "data": {
                "added": ["a"],
                "changed": [],
                "removed": [],
                "unchanged": ["b"],
                "postponed": [],
                "failed": {"x": {"type": "RuntimeError", "what": "no", "where": None, "hint": None}},
            },
        }
    await http.post("/control/reload", json={"name": "b"})
    assert stage.asked == [("reload", None)] * 3 + [("reload", "b")]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"b"', b'{"name": 1}', b'{"nam": "b"}', b"[" * 4000, b"x" * 5000, b"\xff"]
)
async def test_a_body_that_is_not_expected(http: httpx.AsyncClient, stage: Stage, body: bytes) -> None:
    answer = await http.post("/control/reload", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "InvalidInputError"
    assert not stage.asked


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError([ConfigProblem("x", "is wrong")]), 422),
        (NeedsError([NeedProblem("x", "memory", "is wrong")]), 422),
        (ProviderNotFoundError("x"), 404),
        (NotStartedError(), 503),
        (ManagerClosingError(), 503),
        (RuntimeError("x"), 500),
    ],
)
async def test_what_goes_wrong(http: httpx.AsyncClient, stage: Stage, error: Exception, status: int) -> None:
    stage.error = error
    for answer in (await http.get("/control/plan"), await http.post("/control/reload")):
        assert answer.status_code == status
        assert answer.json() == {"version": 1, "error": describe(error)}


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer marker-toke",
        "Bearer marker-tokens",
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer \xe9",
    ],
)
async def test_who_does_not_know_the_token_does_nothing(
    http: httpx.AsyncClient, stage: Stage, authorization: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {b"authorization": authorization.encode("latin-1")}
    for answer in (
        await http.get("/control/plan", headers=headers),
        await http.post("/control/reload", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["what"] == "the token is missing or wrong"
    assert not stage.asked
    assert "marker" not in caplog.text


async def test_the_scheme_may_be_written_in_any_case(http: httpx.AsyncClient) -> None:
    answer = await http.get("/control/plan", headers={"authorization": f"bearer  {TOKEN}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.1", "::ffff:192.0.2.1", "elsewhere"])
async def test_other_machines_are_refused(stage: Stage, host: str) -> None:
    async with client(stage, host) as http:
        answer = await http.post("/control/reload")
    assert (answer.status_code, stage.asked) == (403, [])


async def test_another_host_header_is_refused(http: httpx.AsyncClient, stage: Stage) -> None:
    answer = await http.post("/control/reload", headers={"host": "rebound.example"})
    assert (answer.status_code, stage.asked) == (400, [])


async def test_other_methods_are_refused(http: httpx.AsyncClient, stage: Stage) -> None:
    assert (await http.get("/control/reload")).status_code == 405
    assert (await http.post("/control/plan")).status_code == 405
    assert not stage.asked


async def test_without_a_token_there_is_nothing() -> None:
    transport = httpx.ASGITransport(create_app(ProviderManager()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=KNOWN) as http:
        assert (await http.post("/control/reload")).status_code == 404
        assert (await http.get("/control/plan")).status_code == 404


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "starlette.routing", None)
    monkeypatch.delitem(sys.modules, "purveyor.admin.control")
    with pytest.raises(MissingExtraError, match=r"purveyor\[http\]"):
        import purveyor.admin.control  # noqa: F401
