"""``purveyor storage``: the objects of a storage provider."""

from __future__ import annotations

import os
import sys
from contextlib import aclosing, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import click

from purveyor.cli.arguments import WholeNumber, metadata_option, provider_argument
from purveyor.cli.ending import run
from purveyor.cli.files import read_chunks, whole_file, write_all
from purveyor.cli.options import Group, Settings, pass_settings
from purveyor.cli.output import Column, Output, local_time, size_text
from purveyor.cli.running import started
from purveyor.errors import ObjectNotFoundError
from purveyor.storage.provider import StorageProvider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

    from purveyor.storage.storage import Listing, ObjectMeta

__all__ = ["command"]

T = TypeVar("T")

#: After how many seconds a transfer shows its progress.
_PATIENCE = 0.5


@click.group(cls=Group, name="storage")
def command() -> None:
    """Read, write and list the objects of a storage."""


@command.command()
@provider_argument
@click.argument("path")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True))
@click.option("--content-type", metavar="TYPE", help="The media type; default: guessed from PATH.")
@metadata_option
@click.option("--create-only", is_flag=True, help="Fail if there is an object already.")
@click.option("--if-match", metavar="ETAG", help="Fail unless the object there has this etag.")
@pass_settings
def put(
    settings: Settings,
    name: str,
    path: str,
    file: str,
    content_type: str | None,
    metadata: dict[str, str] | None,
    create_only: bool,
    if_match: str | None,
) -> None:
    """Store a file as the object PATH; - reads standard input."""
    output = Output(settings)

    async def send(storage: StorageProvider[Any]) -> ObjectMeta:
        # A pipe says that its size is 0.
        size = None if file == "-" else os.path.getsize(file) or None  # noqa: PTH202, ASYNC240
        with _progress(output, path, size) as advance:
            async with aclosing(_advancing(read_chunks(file), advance)) as chunks:
                return await storage.put(
                    path,
                    chunks,
                    content_type=content_type,
                    metadata=metadata,
                    if_none_match="*" if create_only else None,
                    if_match=if_match,
                )

    meta = _use(settings, name, send)
    output.result(asdict(meta), lambda: output.note(f"stored {path} ({size_text(meta.size)})"))


@command.command()
@provider_argument
@click.argument("path")
@click.argument("file", type=click.Path(allow_dash=True), required=False)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@pass_settings
def get(settings: Settings, name: str, path: str, file: str | None, force: bool) -> None:
    """Fetch an object into a file; - writes standard output.

    Without FILE, the file is called what the last segment of PATH is, in this folder.
    """
    output = Output(settings)
    if file == "-" and settings.json:
        raise click.UsageError("--json and - would both write to standard output", click.get_current_context())
    target = Path(file or path.rpartition("/")[2])
    if file != "-" and target.is_dir():
        target /= path.rpartition("/")[2]
    local = nullcontext(sys.stdout) if file == "-" else whole_file(target, replace=force)

    async def fetch(storage: StorageProvider[Any]) -> int:
        meta = await storage.head(path)
        stream = storage.stream(path, if_match=meta.etag)
        with _progress(output, path, meta.size) as advance, local as opened:
            async with aclosing(_advancing(stream, advance)) as chunks:
                return await _copy(chunks, opened.fileno())

    size = _use(settings, name, fetch)
    if file != "-":
        data = {"path": path, "file": str(target), "size": size}
        output.result(data, lambda: output.note(f"fetched {path} into {target} ({size_text(size)})"))


@command.command()
@provider_argument
@click.argument("path")
@pass_settings
def head(settings: Settings, name: str, path: str) -> None:
    """Show what is known of an object."""
    meta = _use(settings, name, lambda storage: storage.head(path))
    output = Output(settings)

    def show() -> None:
        rows = {
            "path": meta.path,
            "size": f"{meta.size} bytes",
            "modified": local_time(meta.modified),
            "type": meta.content_type or "",
            "etag": meta.etag,
            "checksum": meta.checksum or "",
            **{f"metadata.{key}": value for key, value in meta.metadata.items()},
        }
        output.fields(rows)

    output.result(asdict(meta), show)


@command.command()
@provider_argument
@click.argument("path")
@pass_settings
def delete(settings: Settings, name: str, path: str) -> None:
    """Delete an object."""
    if not _use(settings, name, lambda storage: storage.delete(path)):
        raise ObjectNotFoundError(path)
    output = Output(settings)
    output.result({"deleted": True}, lambda: output.note(f"deleted {path}"))


@command.command("list")
@provider_argument
@click.argument("prefix", default="")
@click.option("--level", is_flag=True, help="One level only: what lies deeper is shown as folders.")
@click.option("--limit", type=WholeNumber(1, 10_000), default=1000, show_default=True, help="Entries on a page.")
@click.option("--cursor", metavar="CURSOR", help="Go on where the page before ended.")
@click.option("--all", "everything", is_flag=True, help="All pages.")
@pass_settings
def list_(
    settings: Settings,
    name: str,
    prefix: str,
    level: bool,
    limit: int,
    cursor: str | None,
    everything: bool,
) -> None:
    """List the objects whose paths begin with PREFIX."""

    async def pages(storage: StorageProvider[Any]) -> tuple[list[ObjectMeta], list[str], str | None]:
        objects: list[ObjectMeta] = []
        prefixes: list[str] = []
        after = cursor
        while True:
            page: Listing = await storage.list(prefix, delimiter="/" if level else None, limit=limit, cursor=after)
            objects += page.objects
            prefixes += page.prefixes
            after = page.cursor
            if after is None or not everything:
                return objects, prefixes, after

    objects, prefixes, more = _use(settings, name, pages)
    output = Output(settings)

    def show() -> None:
        rows = [("", "", each) for each in prefixes]
        rows += [(str(meta.size), local_time(meta.modified), meta.path) for meta in objects]
        rows.sort(key=lambda row: row[2])
        output.table([Column("size", right=True), Column("modified"), Column("path")], rows)
        output.end_of_page(len(rows), more, ", or --all")

    listed = [{key: value for key, value in asdict(meta).items() if key in _LISTED} for meta in objects]
    output.result({"objects": listed, "prefixes": prefixes, "cursor": more}, show)


#: What a listing knows of an object.
_LISTED = ("path", "size", "etag", "modified")


def _use(settings: Settings, name: str, work: Callable[[StorageProvider[Any]], Awaitable[T]]) -> T:
    async def use() -> T:
        async with started(settings, name, StorageProvider) as storage:
            return await work(storage)

    return run(use())


# --- transfers ------------------------------------------------------------------------------------------


async def _copy(chunks: AsyncGenerator[bytes, None], descriptor: int) -> int:
    size = 0
    async for chunk in chunks:
        await write_all(descriptor, chunk)
        size += len(chunk)
    return size


async def _advancing(
    chunks: AsyncGenerator[bytes, None], advance: Callable[[int], None]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(chunks):
        async for chunk in chunks:
            advance(len(chunk))
            yield chunk


@contextmanager
def _progress(output: Output, title: str, size: int | None) -> Generator[Callable[[int], None]]:
    """Show how far a transfer is, on a terminal, once it has taken a while; gives what to call at each step."""
    if not output.shows_progress:
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    progress = Progress(*columns, console=output.stderr, transient=True)
    task = progress.add_task(title, total=size)
    begun = monotonic()

    def advance(count: int) -> None:
        progress.advance(task, count)
        if monotonic() - begun > _PATIENCE:
            progress.start()  # again and again does no harm

    try:
        yield advance
    finally:
        progress.stop()
