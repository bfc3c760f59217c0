"""The admin server, on real sockets."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import time
from contextlib import suppress
from typing import Any

import httpx
import pytest

from purveyor.admin.server import AdminServer
from purveyor.errors import ListenError


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    if scope["path"] == "/stuck":
        await asyncio.sleep(3600)
    await send({"type": "http.response.body", "body": b"ok"})


async def test_it_listens_from_the_beginning_and_answers_once_started() -> None:
    server = AdminServer(app, port=0)
    assert server.url == f"http://127.0.0.1:{server.port}"
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with httpx.AsyncClient() as http:
        early = asyncio.create_task(http.get(server.url))
        await server.start()
        assert (await early).text == "ok"
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    await server.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        pass  # the port is free again


async def test_a_server_that_never_started_frees_its_port() -> None:
    server = AdminServer(app, port=0)
    await server.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        pass


async def test_a_server_whose_task_was_cancelled_frees_its_port() -> None:
    server = AdminServer(app, port=0)
    await server.start()
    async with httpx.AsyncClient() as http:
        await http.get(server.url)
    assert server._task
    server._task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        pass


async def test_open_connections_do_not_delay_the_stop() -> None:
    server = AdminServer(app, port=0)
    await server.start()
    async with httpx.AsyncClient() as http:
        await http.get(server.url)  # stays open
        _, half_a_request = await asyncio.open_connection("127.0.0.1", server.port)
        half_a_request.write(b"GET / HT")
        reader, stuck = await asyncio.open_connection("127.0.0.1", server.port)
        stuck.write(b"GET /stuck HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await reader.readline()
        begun = time.monotonic()
        await server.stop()
        assert time.monotonic() - begun < 20, "uvicorn alone would wait an hour for the stuck one"
        for writer in (half_a_request, stuck):
            writer.close()


@pytest.mark.parametrize(
    "half",
    [b"", b"GET / HTTP/1.1\r\nhost: lo", b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n."],
)
async def test_a_request_that_does_not_come_to_an_end_is_cut_off(
    half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("purveyor.admin.server._REQUEST_SECONDS", 0.2)
    server = AdminServer(app, port=0)
    await server.start()
    for before in (b"", b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n") if half else (b"",):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        if before:
            writer.write(before)
            await reader.readuntil(b"ok")
        writer.write(half)
        async with asyncio.timeout(20):
            with suppress(ConnectionResetError):
                await reader.read()  # to the end, which would never come
        writer.close()
    await server.stop()


async def test_a_request_may_be_answered_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.3)
        await app(scope, receive, send)

    monkeypatch.setattr("purveyor.admin.server._REQUEST_SECONDS", 0.1)
    server = AdminServer(slow, port=0)
    await server.start()
    async with httpx.AsyncClient() as http:
        assert (await http.get(server.url)).text == "ok"
    await server.stop()


async def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("purveyor.admin.server._CONNECTIONS", 2)
    server = AdminServer(app, port=0)
    await server.start()
    request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
    served = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
    for reader, writer in served:
        writer.write(request)
        await reader.readuntil(b"ok")
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    served[0][1].close()
    await served[0][1].wait_closed()
    async with httpx.AsyncClient() as http:
        assert (await http.get(server.url)).text == "ok"
    served[1][1].close()
    await server.stop()


async def test_a_taken_port_is_replaced() -> None:
    first = AdminServer(app, port=0)
    second = AdminServer(app, port=first.port)
    assert second.port != first.port
    await first.stop()
    await second.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
async def test_loopback_has_several_names(host: str) -> None:
    server = AdminServer(app, host, 0)
    await server.start()
    async with httpx.AsyncClient() as http:
        assert (await http.get(server.url)).text == "ok"
    assert server.url.startswith("http://[::1]:" if host == "::1" else "http://")
    await server.stop()


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("0.0.0.0", "not a loopback address"),
        ("::", "not a loopback address"),
        ("192.0.2.1", "not a loopback address"),
        ("x" * 70, "cannot be resolved"),
        ("", "cannot be resolved|not a loopback"),
    ],
)
def test_nothing_else_is_served(host: str, problem: str) -> None:
    with pytest.raises(ListenError, match=problem) as refused:
        AdminServer(app, host, 0)
    assert refused.value.where == f"{host}:0"
    assert "127.0.0.1" in str(refused.value.hint)


def test_a_port_that_the_system_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)  # root may have any port
    with pytest.raises(ListenError, match="the system refuses it: Permission denied"):
        AdminServer(app, port=80)
