"""`create_app`: the endpoints ``/healthz``, ``/readyz`` and ``/metrics`` as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from purveyor.errors import MissingExtraError, near_misses
from purveyor.lifecycle.states import SERVING
from purveyor.monitor.prometheus import exposition

try:
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route
except ModuleNotFoundError as error:
    raise MissingExtraError("the admin server", str(error.name), "purveyor[http]") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from purveyor.manager import ProviderManager

__all__ = ["create_app"]

_PAGES = {
    "/healthz": "whether the process answers",
    "/readyz": "whether every required provider serves, and the health of all; ?provider=NAME asks for one",
    "/metrics": "counts and durations, for Prometheus",
}

_INDEX = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Purveyor</title>
<h1>Purveyor</h1>
<ul>
{items}
</ul>
</html>
"""

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}


def create_app(
    manager: ProviderManager,
    declared: Callable[[], Mapping[str, bool]] | None = None,
    control: Iterable[Route] = (),
    redacted: Callable[[str], str] = str,
) -> Starlette:
    """Build the application.

    It answers only requests whose ``Host`` is a loopback name, since there is no authentication: a page from
    elsewhere could otherwise reach it through a name that resolves to this machine (DNS rebinding,
    https://owasp.org/www-community/attacks/DNS_Rebinding).

    Args:
        manager: Whose providers are looked at.
        declared: Asked at each request for the names of the providers that there should be, and whether each
            is required; those of the manager, all required, if it is not given.
        control: Further routes, which `purveyor.admin.control` makes.
        redacted: Takes the secrets out of a text that providers made: why one is not healthy.

    Raises:
        MissingExtraError: The extra ``http`` or ``metrics`` is not installed.
    """

    def wanted() -> Mapping[str, bool]:
        return dict.fromkeys(manager.names(), True) if declared is None else declared()

    def describe(name: str, *, required: bool) -> dict[str, Any]:
        about: dict[str, Any] = {"name": name, "required": required}
        try:
            status, health = manager.status(name), manager.health(name)
        except LookupError:  # not begun with, or its start failed and it was left out
            return {**about, "status": "absent", "serving": False, "health": None}
        reason = {"state": health.state.value, "message": redacted(health.message)}
        return {**about, "status": status.value, "serving": status in SERVING, "health": reason}

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        names = wanted()
        asked = request.query_params.get("provider")
        if asked is not None:
            if asked not in names:
                close = near_misses(asked, names)
                hint = f"did you mean {' or '.join(map(repr, close))}?" if close else None
                return _error(404, "ProviderNotFoundError", f"Provider {asked} not found", hint=hint)
            names = {asked: True}
        providers = [describe(name, required=required) for name, required in names.items()]
        ready = all(provider["serving"] for provider in providers if provider["required"])
        body = {"status": "ready" if ready else "unavailable", "providers": providers}
        return JSONResponse(body, 200 if ready else 503)

    async def metrics(request: Request) -> Response:
        try:
            body, content_type = exposition(request.headers.get("accept", ""))
        except Exception:  # prometheus_client chokes on a version that is no number
            body, content_type = exposition()
        return Response(body, headers={"content-type": content_type})

    return Starlette(
        routes=[
            Route("/", _index),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            *control,
        ],
        middleware=[Middleware(_LoopbackOnly)],
        exception_handlers={HTTPException: _http_error, Exception: _server_error},
    )


async def _index(request: Request) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        items = "\n".join(f'<li><a href="{path}">{path}</a>: {about}' for path, about in _PAGES.items())
        return HTMLResponse(_INDEX.format(items=items))
    return JSONResponse({"name": "purveyor", "pages": _PAGES})


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    hint = f"there are {', '.join(_PAGES)}" if error.status_code == 404 else None
    headers = dict(error.headers or {})
    name = error.detail.replace(" ", "")
    return _error(error.status_code, name, error.detail, where=request.url.path, hint=hint, headers=headers)


async def _server_error(request: Request, error: Exception) -> Response:  # the server logs it
    return _error(500, "InternalServerError", "the request failed", where=request.url.path, hint="see the log")


def _error(
    status: int,
    type_: str,
    what: str,
    *,
    where: str | None = None,
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The shape of an error is the command line's."""
    error = {"type": type_, "what": what, "where": where, "hint": hint}
    return JSONResponse({"version": 1, "error": error}, status, headers=headers)


class _LoopbackOnly:
    """Refuses foreign ``Host`` headers, and puts the headers on that every response has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                fixed = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *fixed]}
            await send(message)

        hosts = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"host"]
        if len(hosts) == 1 and _without_port(hosts[0]) in ("127.0.0.1", "localhost", "[::1]"):
            await self._app(scope, receive, send_with_headers)
        else:
            refusal = _error(400, "BadHost", "this Host is not served", hint="ask 127.0.0.1, localhost or [::1]")
            await refusal(scope, receive, send_with_headers)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name.lower() if colon and port.isascii() and port.isdigit() else host.lower()
