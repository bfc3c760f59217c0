"""The admin endpoints, asked in process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from purveyor.admin.app import create_app
from purveyor.manager import ProviderManager, Registration
from purveyor.metadata import Health
from purveyor.monitor.metrics import MetricsManager
from tests.providers import Scripted

LOOPBACK = "http://127.0.0.1"


@pytest.fixture
async def manager(metrics: MetricsManager) -> AsyncIterator[ProviderManager]:
    async with ProviderManager() as manager:
        yield manager


def client(app: Any, base: str = LOOPBACK, *, raises: bool = True) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=raises), base_url=base)


async def test_alive_is_whoever_answers(manager: ProviderManager) -> None:
    async with client(create_app(manager)) as http:
        answer = await http.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await http.head("/healthz")).status_code == 200


async def test_ready_is_when_every_registered_provider_serves(manager: ProviderManager) -> None:
    async def fail() -> None:
        raise RuntimeError("no")

    async with client(create_app(manager)) as http:
        assert (await http.get("/readyz")).json() == {"status": "ready", "providers": []}
        provider = Scripted("one")
        await manager.register(provider)
        expected = {
            "name": "one", "status": "ready", "required": True, "serving": True,
            "health": {"state": "healthy", "message": ""},
        }  # fmt: skip
        assert (await http.get("/readyz")).json()["providers"] == [expected]
        provider.steps["initialize"] = fail
        with pytest.raises(RuntimeError):
            await manager.reload_provider("one")
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert answer.json()["providers"][0]["status"] == "failed"


async def test_ready_waits_for_what_is_required_only(manager: ProviderManager) -> None:
    declared = {"one": True, "two": False}
    async with client(create_app(manager, lambda: declared)) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert [provider["status"] for provider in answer.json()["providers"]] == ["absent", "absent"]
        await manager.register(Scripted("one"))
        assert (await http.get("/readyz")).status_code == 200
        declared["two"] = True
        assert (await http.get("/readyz")).status_code == 503


async def test_a_provider_that_starts_is_not_ready_and_one_that_reloads_is(manager: ProviderManager) -> None:
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    provider = Scripted("one", initialize=wait)
    async with client(create_app(manager, lambda: {"one": True})) as http:
        register = asyncio.create_task(manager.register(provider))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["providers"][0]["status"]) == (503, "starting")
        gate.set()
        await register
        gate.clear()
        reload = asyncio.create_task(manager.reload_provider("one"))
        while manager.status("one").value != "reloading":
            await asyncio.sleep(0)
        assert (await http.get("/readyz")).status_code == 200, "its operations wait, and none fails"
        gate.set()
        await reload


class Sick(Scripted):
    async def check(self) -> Health:
        return Health.unhealthy("the password hunter2 was refused")


async def test_health_is_told_with_its_reason_and_does_not_decide(metrics: MetricsManager) -> None:
    """Who serves is ready: supervision restarts it, and who asks need not stop sending what may succeed."""
    async with ProviderManager(supervision=None) as manager:
        await manager.register(Sick("one"))
        app = create_app(
            manager, lambda: {"one": True, "two": False}, redacted=lambda text: text.replace("hunter2", "***")
        )
        async with client(app) as http:
            assert (await http.get("/readyz")).json()["providers"][0]["health"]["state"] == "healthy"
            await manager.check("one")
            answer = await http.get("/readyz")
            assert answer.status_code == 200
            one, two = answer.json()["providers"]
            assert one["health"] == {"state": "unhealthy", "message": "the password *** was refused"}
            assert one["status"] == "degraded"
            assert two["health"] is None
            assert (
                'provider_health_status{name="one",status="unhealthy",type="custom"} 1.0'
                in (await http.get("/metrics")).text
            )


async def test_one_that_was_given_up_is_not_ready_and_says_why(manager: ProviderManager) -> None:
    async def fail() -> None:
        raise OSError("no such host")

    await manager.register_all([Registration(Scripted("one", initialize=fail), required=False)])
    async with client(create_app(manager, lambda: {"one": True})) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        (one,) = answer.json()["providers"]
        assert one["status"] == "failed"
        assert one["health"] == {"state": "unhealthy", "message": "OSError: no such host"}


async def test_ready_can_be_asked_of_one_provider(manager: ProviderManager) -> None:
    await manager.register(Scripted("notes"))
    async with client(create_app(manager, lambda: {"notes": True, "extra": False})) as http:
        assert (await http.get("/readyz?provider=notes")).status_code == 200
        assert (await http.get("/readyz?provider=extra")).status_code == 503, "also an optional one, if asked for"
        answer = await http.get("/readyz?provider=nots")
        assert answer.status_code == 404
        assert answer.json()["error"]["hint"] == "did you mean 'notes'?"
        assert (await http.get("/readyz?provider=xyzzy")).json()["error"]["hint"] is None


async def test_metrics_are_negotiated(manager: ProviderManager) -> None:
    await manager.register(Scripted("one"))
    async with client(create_app(manager)) as http:
        plain = await http.get("/metrics")
        assert plain.headers["content-type"].startswith("text/plain; version=")
        assert 'provider_up{name="one",type="custom"} 1.0' in plain.text
        assert "# EOF" not in plain.text
        open_metrics = await http.get(
            "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
        )
        assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
        assert open_metrics.text.endswith("# EOF\n")


async def test_an_accept_header_that_makes_no_sense_gets_the_plain_format(manager: ProviderManager) -> None:
    async with client(create_app(manager)) as http:
        for accept in (
            "application/openmetrics-text; version=abc",
            "application/openmetrics-text;q=a;version=\xff",
        ):
            answer = await http.get("/metrics", headers=[(b"accept", accept.encode("latin-1"))])
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/plain")


async def test_the_index_names_the_pages(manager: ProviderManager) -> None:
    async with client(create_app(manager)) as http:
        assert list((await http.get("/")).json()["pages"]) == ["/healthz", "/readyz", "/metrics"]
        page = await http.get("/", headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert '<a href="/readyz">' in page.text


async def test_errors_are_json_in_the_command_lines_shape(manager: ProviderManager) -> None:
    async with client(create_app(manager)) as http:
        missing = await http.get("/nothing")
        assert missing.status_code == 404
        assert missing.json() == {
            "version": 1,
            "error": {
                "type": "NotFound", "what": "Not Found", "where": "/nothing",
                "hint": "there are /healthz, /readyz, /metrics",
            },
        }  # fmt: skip
        wrong = await http.post("/healthz")
        assert (wrong.status_code, set(wrong.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
        assert wrong.json()["error"]["type"] == "MethodNotAllowed"


async def test_a_failure_tells_nothing_of_itself(manager: ProviderManager) -> None:
    def broken() -> dict[str, bool]:
        raise RuntimeError("hunter2")

    async with client(create_app(manager, broken), raises=False) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 500
        assert answer.json()["error"]["type"] == "InternalServerError"
        assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("127.0.0.1:8765", 200), ("localhost", 200), ("LOCALHOST:1", 200), ("[::1]", 200),
        ("[::1]:8765", 200), ("evil.example", 400), ("evil.example:8765", 400), ("127.0.0.1.evil.example", 400),
        ("localhost:x", 400), ("::1", 400), ("", 400), ("localhost:80:80", 400), ("0.0.0.0", 400),
    ],
)  # fmt: skip
async def test_only_loopback_names_are_served(manager: ProviderManager, host: str, status: int) -> None:
    async with client(create_app(manager)) as http:
        answer = await http.get("/healthz", headers={"host": host})
        assert answer.status_code == status
        if status == 400:
            assert answer.json()["error"]["type"] == "BadHost"


async def test_two_hosts_or_none_are_refused(manager: ProviderManager) -> None:
    app = create_app(manager)
    for headers in ([], [(b"host", b"localhost"), (b"host", b"localhost")]):
        sent: list[Any] = []

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http", "method": "GET", "path": "/healthz", "headers": headers, "query_string": b"",
        }  # fmt: skip
        await app(scope, receive, send)
        assert sent[0]["status"] == 400
