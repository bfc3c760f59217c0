"""``purveyor doctor``: does each provider work, here and now?"""

from __future__ import annotations

import re
import secrets
from contextlib import AsyncExitStack, suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from purveyor.cli.ending import run
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, size_text, visible
from purveyor.cli.running import load_system
from purveyor.errors import ProviderUnhealthyError, PurveyorError
from purveyor.memory.provider import MemoryProvider
from purveyor.memory.store import MemoryStore
from purveyor.metadata import Health, HealthState
from purveyor.storage.provider import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from purveyor.app import System
    from purveyor.provider import Provider

__all__ = ["command"]

#: What of a check's details is JSON as it is; the rest is told as text.
_PLAIN = (str, int, float, bool, type(None))


class WrongAnswerError(PurveyorError):
    """A provider did not give back what it was given."""

    @property
    def what(self) -> str:
        """What was wrong."""
        return "what was read is not what was written"


@click.command(cls=Command, name="doctor")
@pass_settings
def command(settings: Settings) -> int:
    """Start and exercise each provider.

    Every provider is started by itself, and checked. A memory and a storage write, read and delete something of
    their own, which is gone afterwards. Exits with 1 if one of them fails or is unhealthy.
    """
    output = Output(settings)
    system = load_system(settings)
    if not settings.json:
        output.warnings(system.config.warnings)
    findings = run(_examine(system, output, settings))
    failed = sum(not finding["ok"] for finding in findings)

    def show() -> None:
        output.note(f"{failed} of {len(findings)} providers failed" if failed else "all is well")

    output.result(findings, show)
    return 1 if failed else 0


async def _examine(system: System, output: Output, settings: Settings) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = []
    names = [*system.config.names, *system.config.unavailable]
    for name in names:
        begun = perf_counter()
        health = error = None
        try:
            health = await _health(system, name)
        except Exception as failure:
            error = output.describe(failure)
        seconds = perf_counter() - begun
        finding = {
            "name": name,
            "ok": error is None,
            "ms": round(seconds * 1000, 1),
            "health": health and output.redacted(_describe(health)),
            "error": error,
        }
        findings.append(finding)
        if not settings.json:
            _show(output, finding, max(map(len, names)))
    return findings


async def _health(system: System, name: str) -> Health:
    """Start a provider, check and exercise it, and stop it; what goes wrong is raised."""
    try:
        async with AsyncExitStack() as stack:
            stack.push_async_exit(system)
            provider = await system.start_only(name)
            health = await system.manager.check(name)
            if health.state is HealthState.UNHEALTHY:
                raise ProviderUnhealthyError(name, health.message)
            await _exercise(provider)
            return health
    except ExceptionGroup as group:
        first = group.exceptions[0]
        raise first if isinstance(first, Exception) else group from None


def _describe(health: Health) -> dict[str, Any]:
    details = {str(key): value if type(value) in _PLAIN else str(value) for key, value in health.details.items()}
    return {"state": health.state.value, "message": health.message, "details": details}


async def _exercise(provider: Provider[Any]) -> None:
    """Write, read and delete something; a class that keeps a store of its own kind is only started."""
    token = secrets.token_hex(8)
    if isinstance(provider, MemoryProvider) and isinstance(provider.store, MemoryStore):
        namespace = ("purveyor-doctor", token)

        async def remember() -> object:
            await provider.put("probe", token, namespace=namespace)
            item = await provider.get("probe", namespace=namespace)
            return item and item.value

        await _probe(remember, partial(provider.delete, "probe", namespace=namespace), token)
    elif isinstance(provider, StorageProvider) and hasattr(provider.storage, "capabilities"):
        path, content = f"purveyor-doctor/{token}", token.encode()

        async def keep() -> object:
            await provider.put(path, content)
            return await provider.get(path)

        await _probe(keep, partial(provider.delete, path), content)


async def _probe(
    write_and_read: Callable[[], Awaitable[object]], delete: Callable[[], Awaitable[object]], expected: object
) -> None:
    try:
        answer = await write_and_read()
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            await delete()
        raise
    await delete()
    if answer != expected:
        raise WrongAnswerError


def _show(output: Output, finding: dict[str, Any], width: int) -> None:
    head = Text(f"{finding['name']:{width}}  ")
    if finding["ok"]:
        health = finding["health"]
        degraded = health["state"] == HealthState.DEGRADED.value
        head.append(*(("degraded", "yellow") if degraded else ("ok      ", "green")))
        head.append(f"{finding['ms']:.0f} ms".rjust(7))
        told = [Text(visible(health["message"]))] if health["message"] else []
        if details := ", ".join(_detail(*each) for each in health["details"].items()):
            told.append(Text(visible(details), "dim"))
        output.beside(head.append("  "), Text("  ").join(told))
        return
    error = finding["error"]
    problem = ": ".join(filter(None, (error["where"], error["what"])))
    output.beside(head.append("failed", "red").append("  "), Text(visible(problem)))
    if error["hint"]:
        output.beside(Text(" " * (width + 10)), Text(visible(error["hint"]), "dim"))


def _detail(key: str, value: object) -> str:
    """A detail for people: what counts bytes has a unit."""
    if type(value) is not int or not re.search(r"(?:^|_)bytes$", key):
        return f"{key} {value}"
    what = key.removesuffix("bytes").replace("_", " ")
    return f"{size_text(value)} {what}".rstrip()
