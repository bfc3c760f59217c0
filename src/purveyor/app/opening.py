"""`open`: the short way to a system that runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from purveyor.app.system import System

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from purveyor.app.system import Source
    from purveyor.manager import ProviderManager

__all__ = ["open"]

_logger = logging.getLogger("purveyor.app")


@asynccontextmanager
async def open(  # noqa: A001 - purveyor.open() is what it is called
    source: Source = None, *, profile: str | None = None, watch: bool = False
) -> AsyncGenerator[ProviderManager]:
    """Start what a configuration declares, and clean it up at the end of the block.

    ::

        async with purveyor.open("purveyor.toml") as providers:
            notes = providers.get("notes", MemoryProvider)

    Args:
        source: The path of a TOML file, a mapping of the same shape, or None for the embedded defaults: `notes`,
            a durable memory, and `files`, a storage, both under ``.purveyor/``.
        profile: The profile to lay over it; the environment variable ``PURVEYOR_PROFILE`` names it if None.
        watch: Whether the file is read again whenever it changes, and what has changed in it is changed in what
            runs. What goes wrong with that is logged, and whatever ran before runs on.

    Yields:
        The manager with every provider started. Optional ones (``required = false``) that failed are missing from
        what can be looked up, and are tried again from time to time; their failure is logged.

    Raises:
        ConfigError: The configuration is not valid; nothing was started.
        InvalidInputError: It is to be watched, and is no file.
        MissingExtraError: The extra ``config`` is not installed, or ``watch`` to watch.
        Exception: What a required provider raised; those that had started were cleaned up again.
        ExceptionGroup: At the end, what cleanups raised.
    """
    system = System(source, profile=profile)
    changes = system.changes() if watch else None
    following: asyncio.Task[None] | None = None
    try:
        async with system:
            if changes is not None:
                following = asyncio.create_task(_follow(system, changes), name="purveyor:watch")
            try:
                yield system.manager
            finally:
                if following is not None:
                    following.cancel()  # it ends once the reload that it may be at was given up, by the stop
    finally:
        if following is not None:
            await asyncio.wait([following])


async def _follow(system: System, changes: AsyncGenerator[None]) -> None:
    """Reload whenever something has changed; what goes wrong is in the log, by the events of it."""
    try:
        async with aclosing(changes):
            async for _ in changes:
                with suppress(Exception):
                    await system.reload()
    except OSError as error:
        _logger.error("The configuration is not watched any more: %s", error)  # noqa: TRY400 - there is no bug
