"""What changes a running system over HTTP: ``POST /control/reload`` and ``GET /control/plan``."""

from __future__ import annotations

import hmac
import ipaddress
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from purveyor.errors import (
    ConfigError,
    InvalidInputError,
    ManagerClosingError,
    MissingExtraError,
    NeedsError,
    NotStartedError,
    ProviderNotFoundError,
    RegistrationAbortedError,
)

try:
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route
except ModuleNotFoundError as error:
    raise MissingExtraError("the admin server", str(error.name), "purveyor[http]") from error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from purveyor.app import ReloadSummary
    from purveyor.config.diff import ConfigDiff

__all__ = ["Controlled", "control_routes", "describe_summary"]

#: How long a request's body may be, in bytes.
_BODY = 4096

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (InvalidInputError, 400),
    (ProviderNotFoundError, 404),
    (ConfigError, 422),
    (NeedsError, 422),
    (NotStartedError, 503),
    (ManagerClosingError, 503),
    (RegistrationAbortedError, 503),
)


class Controlled(Protocol):
    """What is controlled: `purveyor.app.System`, or what stands in front of one."""

    async def plan(self) -> ConfigDiff:
        """What a reload would change."""
        ...

    async def reload(self, name: str | None = None) -> ReloadSummary:
        """Read the configuration again, and change what has changed: of one provider, or of all."""
        ...


def control_routes(
    system: Controlled, token: str, describe: Callable[[Exception], dict[str, Any]]
) -> tuple[Route, ...]:
    """The routes that `purveyor.admin.app.create_app` is to serve beside its own.

    Both answer ``{"version": 1, "data": ...}`` or ``{"version": 1, "error": ...}``, in the shapes of
    ``purveyor plan --json`` and ``purveyor reload --json``. They take requests from this machine alone, and
    only with the header ``Authorization: Bearer TOKEN`` (https://www.rfc-editor.org/rfc/rfc6750).

    Args:
        system: What is reloaded. ``POST /control/reload`` takes no body, or ``{"name": NAME}``.
        token: The secret that whoever asks has to know.
        describe: Makes JSON data of an error: type, what, where and hint, without secrets.

    Raises:
        MissingExtraError: The extra ``http`` is not installed.
    """
    expected = token.encode()

    async def plan(_: Request) -> Any:
        return asdict(await system.plan())

    async def reload(request: Request) -> Any:
        return describe_summary(await system.reload(await _name_in(request)), describe)

    def guarded(act: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if request.client is None or not _is_loopback(request.client.host):
                return _refusal(403, "Forbidden", "this is for this machine alone")
            if not _knows(request, expected):
                return _refusal(401, "Unauthorized", "the token is missing or wrong", challenge="Bearer")
            try:
                data = await act(request)
            except Exception as error:
                status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
                return JSONResponse({"version": 1, "error": describe(error)}, status)
            return JSONResponse({"version": 1, "data": data})

        return endpoint

    return (
        Route("/control/plan", guarded(plan), methods=["GET"]),
        Route("/control/reload", guarded(reload), methods=["POST"]),
    )


#: What of a summary is a list of names.
_DONE = ("added", "changed", "removed", "unchanged", "postponed")


def describe_summary(summary: ReloadSummary, describe: Callable[[Exception], dict[str, Any]]) -> dict[str, Any]:
    """What a reload did, as JSON data.

    Args:
        summary: What it did.
        describe: Makes JSON data of an error.
    """
    done = {kind: list(getattr(summary, kind)) for kind in _DONE}
    return {**done, "failed": {name: describe(error) for name, error in summary.failed.items()}}


async def _name_in(request: Request) -> str | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY:
            raise InvalidInputError("body", f"is longer than {_BODY} bytes")
    if not body:
        return None
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInputError("body", "is not JSON", 'send nothing, or {"name": NAME}') from None
    name = wanted.get("name") if isinstance(wanted, dict) else wanted
    if not isinstance(wanted, dict) or wanted.keys() - {"name"} or not isinstance(name, str | None):
        raise InvalidInputError("body", "is not what is expected", 'send nothing, or {"name": NAME}')
    return name


def _knows(request: Request, expected: bytes) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    # In constant time, so that nobody can guess it piece by piece.
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), expected)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(status: int, kind: str, what: str, *, challenge: str | None = None) -> Response:
    error = {"type": kind, "what": what, "where": None, "hint": None}
    headers = {"www-authenticate": challenge} if challenge else None
    return JSONResponse({"version": 1, "error": error}, status, headers=headers)
