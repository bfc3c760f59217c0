"""`AdminServer`: an ASGI application served on a loopback address, inside the running event loop."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from purveyor.errors import ListenError, MissingExtraError

try:
    import h11
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ModuleNotFoundError as error:
    raise MissingExtraError("the admin server", str(error.name), "purveyor[http]") from error

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp

__all__ = ["AdminServer"]

#: How many connections may be open; each takes a file descriptor, which the providers need, too.
_CONNECTIONS = 100
#: How long a client may take to send a request, in seconds.
_REQUEST_SECONDS = 10.0


class AdminServer:
    """Listens from the moment it is made, and answers between `start` and `stop`.

    Args:
        app: What answers.
        host: A loopback address, or a name that resolves to nothing else: there is no authentication.
        port: The TCP port; if another process has it, or it is 0, a free one is taken.

    Attributes:
        url: Where it listens: ``"http://127.0.0.1:8765"``.
        port: The port it listens on.

    Raises:
        ListenError: The host is not a loopback address, or the system refuses the port.
    """

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", port: int = 8765) -> None:
        self._socket = _listen(host, port)
        address, self.port = self._socket.getsockname()[:2]
        self.url = f"http://[{address}]:{self.port}" if ":" in address else f"http://{address}:{self.port}"
        config = uvicorn.Config(
            app,
            http=_Protocol,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,  # seconds; the answers are small, so who is still busy hangs
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="purveyor:admin")

    async def stop(self) -> None:
        """End all connections and free the port; idle connections do not delay it."""
        try:
            if self._task is not None:
                self._server.should_exit = True
                await self._task
        finally:
            if self._socket.fileno() >= 0:  # it never started, or its task was cancelled with all others
                asyncio.get_running_loop().remove_reader(self._socket)
                self._socket.close()


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[Any]:  # type: ignore[override]
        """Leave signals to whoever runs the process."""
        return nullcontext()


class _Protocol(H11Protocol):
    """Ends connections that are too many, or whose requests do not come to an end."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS:
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._unwatch()  # the request is complete
        elif self._deadline is None:
            self._deadline = self.loop.call_later(_REQUEST_SECONDS, self.transport.abort)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _listen(host: str, port: int) -> socket.socket:
    address = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ListenError(address, f"the host cannot be resolved: {error}", "use 127.0.0.1") from error
    if not all(ipaddress.ip_address(place[0]).is_loopback for *_, place in found):
        problem = "this is not a loopback address, and there is no authentication yet"
        raise ListenError(address, problem, "use 127.0.0.1, and put a proxy that authenticates in front of it")
    family, *_, place = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart waits for old connections
        try:
            listener.bind(place)
            listener.listen()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            listener.bind((place[0], 0))
            listener.listen()
    except OSError as error:
        listener.close()
        raise ListenError(address, f"the system refuses it: {error.strerror}", "choose another --port") from error
    listener.setblocking(False)
    return listener
