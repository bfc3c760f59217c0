"""``purveyor doctor``: does each provider work, here and now?"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack, suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output, visible
from purveyor.cli.running import load_system
from purveyor.errors import PurveyorError
from purveyor.memory.provider import MemoryProvider
from purveyor.memory.store import MemoryStore
from purveyor.storage.provider import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from purveyor.app import System
    from purveyor.provider import Provider

__all__ = ["command"]


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

    Every provider is started by itself. A memory and a storage write, read and delete something of their own,
    which is gone afterwards. Exits with 1 if one of them fails.
    """
    output = Output(settings)
    system = load_system(settings)
    if not settings.json:
        output.warnings(system.config.warnings)
    findings = asyncio.run(_examine(system, output, settings))
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
        failure = await _failure(system, name)
        seconds = perf_counter() - begun
        error = None if failure is None else output.describe(failure)
        finding = {"name": name, "ok": error is None, "ms": round(seconds * 1000, 1), "error": error}
        findings.append(finding)
        if not settings.json:
            _show(output, finding, max(map(len, names)))
    return findings


async def _failure(system: System, name: str) -> Exception | None:
    """What goes wrong when a provider is started, exercised and stopped; None if nothing does."""
    try:
        async with AsyncExitStack() as stack:
            stack.push_async_exit(system)
            await _exercise(await system.start_only(name))
    except ExceptionGroup as group:
        first = group.exceptions[0]
        return first if isinstance(first, Exception) else group
    except Exception as error:
        return error
    return None


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
        output.line(head.append("ok", "green").append(f"      {finding['ms']:.0f} ms"))
        return
    error = finding["error"]
    problem = ": ".join(filter(None, (error["where"], error["what"])))
    output.line(head.append("failed", "red").append(f"  {visible(problem)}"))
    if error["hint"]:
        output.line(Text(f"{'':{width + 10}}{visible(error['hint'])}", "dim"))
