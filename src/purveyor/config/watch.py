"""Watching the files that a configuration was read from."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from purveyor.config.interpolate import interpolate
from purveyor.config.secrets import is_reference
from purveyor.config.source import ConfigSource
from purveyor.config.tree import is_array, is_table
from purveyor.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

    from watchfiles._rust_notify import RustNotify

__all__ = ["watch", "watched_files"]

#: How long nothing may happen before the files are read, in milliseconds: editors write in several steps.
_QUIET = 50
#: How long it is waited for that, in milliseconds, if somebody writes all the time.
_LONGEST = 1000
#: When to look without being told, in milliseconds: a network file system does not tell what others write,
#: nor does a folder tell that another one was put in its place.
_RECHECK = 5000
#: How many links a path may lead through; the limit of Linux.
_LINKS = 40


def watched_files(file: Path) -> tuple[Path, ...]:
    """The files whose content makes a configuration: its own, and those of the secrets that it refers to.

    Args:
        file: The configuration's file, absolute. If it cannot be read, it is the only one.
    """
    try:
        source = ConfigSource.read(file)
    except ConfigError:
        return (file,)
    tree, _ = interpolate(source.tree, lambda *_: None)
    places = [reference["file"] for reference in _references(tree) if "file" in reference]
    secrets = (source.folder / place for place in places if place and "\0" not in place)
    return tuple(dict.fromkeys((file, *secrets)))


def watch(files: Callable[[], Iterable[Path]]) -> AsyncGenerator[None]:
    """Tell when what is in some files has changed: by whatever they, or links on the way to them, were changed.

    Kubernetes changes a mounted configuration by putting another link in the place of the one to its folder
    (https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically),
    editors put another file in the place of the one that they edit. Several changes at once are told once. A file
    that is deleted has changed, and again when it is back.

    Args:
        files: Gives the absolute paths of the files; asked in a thread, again after each change.

    Yields:
        Once when it begins to watch, since the files may have changed since they were read; then after each
        change.

    Raises:
        MissingExtraError: The extra ``watch`` is not installed.
        OSError: The operating system does not let this process watch any more folders.
    """
    _import()  # now, rather than when it is iterated
    return _watch(files)


async def _watch(files: Callable[[], Iterable[Path]]) -> AsyncGenerator[None]:
    seen: list[str] | None = None
    while True:
        watched = tuple(await asyncio.to_thread(files))
        # It collects what happens from here on; what has happened before is in what is read now.
        notify, names = await asyncio.to_thread(_watching, watched)
        content = [await asyncio.to_thread(_digest, file) for file in watched]
        if content == seen:
            await _until_touched(notify, names)
        else:
            seen = content
            yield


def _import() -> type[RustNotify]:
    try:
        # This half of watchfiles tells when it has begun to watch: https://watchfiles.helpmanual.io/api/rust_backend
        from watchfiles._rust_notify import RustNotify  # noqa: PLC0415 - only who watches needs it
    except ModuleNotFoundError as error:
        raise MissingExtraError("watching the configuration", str(error.name), "purveyor[watch]") from error
    return RustNotify


def _watching(files: Iterable[Path]) -> tuple[RustNotify, set[str]]:
    """A watch on all folders in which something can change that the files depend on, and the names of that."""
    while True:
        steps = {step for file in files for step in _steps(file)}
        try:
            notify = _import()(
                sorted({str(step.parent) for step in steps}),
                debug=False,
                force_polling=False,
                poll_delay_ms=0,
                recursive=False,
                ignore_permission_denied=True,
            )
        except FileNotFoundError:  # a folder has gone just now
            continue
        return notify, {step.name for step in steps}


def _steps(file: Path) -> Iterator[Path]:
    """The links on the way to a file, and the file; or, as far as the way exists, what is missing of it."""
    place, ahead, links = Path(file.anchor), [*reversed(file.parts[1:])], 0
    while ahead:
        part = ahead.pop()
        if part == "..":
            place = place.parent  # no link is left in it
            continue
        step = place / part
        try:
            target = Path(os.readlink(step))  # noqa: PTH115 - what a link says, not where it leads
        except FileNotFoundError:
            yield step
            return
        except OSError:  # it is no link, or cannot be looked at
            place = step
            continue
        yield step
        links += 1
        if links > _LINKS:
            return
        ahead += [*reversed(target.parts)]
        if target.is_absolute():
            place = Path(ahead.pop())
    yield place


async def _until_touched(notify: RustNotify, names: set[str]) -> None:
    """Wait until something of these names is touched, or it is time to look anyway."""
    stop = threading.Event()
    try:
        while True:
            happened = await asyncio.to_thread(notify.watch, _LONGEST, _QUIET, _RECHECK, stop)
            if isinstance(happened, str) or any(Path(path).name in names for _, path in happened):
                return
    finally:
        stop.set()  # the thread sees it within the time of `_QUIET`


def _digest(file: Path) -> str:
    """What stands for a file's content."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would have to be waited for
            return "no file"
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        return type(error).__name__


def _references(value: object) -> Iterator[dict[str, str]]:
    if is_reference(value):
        yield value
    elif is_table(value):
        for child in value.values():
            yield from _references(child)
    elif is_array(value):
        for child in value:
            yield from _references(child)
