"""``purveyor memory``: the items of a memory provider."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.text import Text

from purveyor.cli.arguments import (
    WholeNumber,
    metadata_option,
    parse_json,
    provider_argument,
    ttl_option,
    where_option,
)
from purveyor.cli.ending import run
from purveyor.cli.options import Group, Settings, pass_settings
from purveyor.cli.output import Column, Output, local_time, visible
from purveyor.cli.running import started
from purveyor.errors import InvalidInputError, ItemNotFoundError
from purveyor.memory.inprocess import InProcessMemory
from purveyor.memory.provider import MemoryProvider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from purveyor.memory.store import Hit, Item, Page

__all__ = ["command"]

T = TypeVar("T")

# The words that a search marks. A text may have ** of its own (`**kwargs`): a mark touches a word on both sides.
_MARKED = re.compile(r"\*\*(?=\w)([^*]+?)(?<=\w)\*\*")

# A line of signs below a heading, which says nothing in a snippet.
_RULER = re.compile(r"([^\w\s])\1{3,}")

_namespace = click.option(
    "-n", "--namespace", multiple=True, metavar="SEGMENT", help="The namespace, one option a segment."
)
_cursor = click.option("--cursor", metavar="CURSOR", help="Go on where the page before ended.")


@click.group(cls=Group, name="memory")
def command() -> None:
    """Read, write and search the items of a memory."""


@command.command()
@provider_argument
@click.argument("key")
@click.argument("value")
@click.option("--text", is_flag=True, help="Take VALUE as a string, not as JSON.")
@_namespace
@metadata_option
@ttl_option
@click.option("--create-only", is_flag=True, help="Fail if there is an item already.")
@click.option("--if-version", type=int, metavar="N", help="Fail unless the item there has this version.")
@pass_settings
def put(
    settings: Settings,
    name: str,
    key: str,
    value: str,
    text: bool,
    namespace: tuple[str, ...],
    metadata: dict[str, str] | None,
    ttl: float | None,
    create_only: bool,
    if_version: int | None,
) -> None:
    """Store VALUE, which is JSON; - reads it from standard input."""
    if value == "-":
        value = _read_standard_input()
    output = Output(settings)

    async def write(memory: MemoryProvider[Any]) -> Item:
        stored = await memory.put(
            key,
            value if text else _parse_value(value),
            namespace=namespace,
            metadata=metadata,
            ttl=ttl,
            create_only=create_only,
            version=if_version,
        )
        if _is_gone_at_the_end(memory):
            output.warn(f"{name} keeps items in this process only: what is put is gone when this command ends")
        return stored

    item = _use(settings, name, write)
    output.result(asdict(item), lambda: output.note(f"stored {_place(item)}"))


@command.command()
@provider_argument
@click.argument("key")
@_namespace
@click.option("--item", "whole", is_flag=True, help="Print all fields of the item, not only its value.")
@click.option("--text", is_flag=True, help="Print a value that is a string as it is, not as JSON.")
@pass_settings
def get(settings: Settings, name: str, key: str, namespace: tuple[str, ...], whole: bool, text: bool) -> None:
    """Print a value."""
    item = _use(settings, name, lambda memory: memory.get(key, namespace=namespace))
    if item is None:
        raise ItemNotFoundError(name, key, namespace)
    output = Output(settings)

    def show() -> None:
        if text and not whole:
            if not isinstance(item.value, str):
                raise InvalidInputError("--text", "the value is not a string", "leave the option out")
            output.line(item.value)
        else:
            output.json(asdict(item) if whole else item.value)

    output.result(asdict(item), show)


@command.command()
@provider_argument
@click.argument("key")
@_namespace
@click.option("--if-version", type=int, metavar="N", help="Fail unless the item there has this version.")
@pass_settings
def delete(settings: Settings, name: str, key: str, namespace: tuple[str, ...], if_version: int | None) -> None:
    """Delete an item."""
    if not _use(settings, name, lambda memory: memory.delete(key, namespace=namespace, version=if_version)):
        raise ItemNotFoundError(name, key, namespace)
    output = Output(settings)
    output.result({"deleted": True}, lambda: output.note(f"deleted {'/'.join((*namespace, key))}"))


@command.command("list")
@provider_argument
@_namespace
@where_option
@click.option("--order", type=click.Choice(["key", "created", "updated"]), default="key", show_default=True)
@click.option("--descending", is_flag=True, help="From the last to the first.")
@click.option("--limit", type=WholeNumber(1, 10_000), default=100, show_default=True, help="Items on a page.")
@_cursor
@click.option("--all", "everything", is_flag=True, help="All pages.")
@pass_settings
def list_(
    settings: Settings,
    name: str,
    namespace: tuple[str, ...],
    where: Any,
    order: Any,
    descending: bool,
    limit: int,
    cursor: str | None,
    everything: bool,
) -> None:
    """List the items of a namespace and those below it."""

    async def pages(memory: MemoryProvider[Any]) -> tuple[list[Item], str | None]:
        found: list[Item] = []
        after = cursor
        while True:
            page: Page[Item] = await memory.list(
                namespace=namespace, where=where, order=order, descending=descending, limit=limit, cursor=after
            )
            found += page
            after = page.cursor
            if after is None or not everything:
                return found, after

    items, more = _use(settings, name, pages)
    output = Output(settings)

    def show() -> None:
        # The value is last: off a terminal it is complete, and would widen all that follows it.
        columns = [Column("key"), Column("updated"), Column("value", shorten=True)]
        output.table(columns, ([_place(item), local_time(item.updated), _compact(item.value)] for item in items))
        output.end_of_page(len(items), more, ", or --all")

    output.result({"items": [asdict(item) for item in items], "cursor": more}, show)


@command.command()
@provider_argument
@_namespace
@where_option
@pass_settings
def count(settings: Settings, name: str, namespace: tuple[str, ...], where: Any) -> None:
    """Count the items of a namespace and those below it."""
    found = _use(settings, name, lambda memory: memory.count(namespace=namespace, where=where))
    output = Output(settings)
    output.result({"count": found}, lambda: output.line(str(found)))


@command.command()
@provider_argument
@click.argument("query")
@_namespace
@where_option
@click.option("--limit", type=WholeNumber(1, 10_000), default=10, show_default=True, help="Hits on a page.")
@_cursor
@pass_settings
def search(
    settings: Settings,
    name: str,
    query: str,
    namespace: tuple[str, ...],
    where: Any,
    limit: int,
    cursor: str | None,
) -> None:
    """Find the items whose text has all words of QUERY, best first.

    "words in quotes" are a phrase, and a word after - must not occur.
    """
    page = _use(
        settings,
        name,
        lambda memory: memory.search(query, namespace=namespace, where=where, limit=limit, cursor=cursor),
    )
    output = Output(settings)

    def show() -> None:
        width = len(str(len(page)))
        for rank, hit in enumerate(page, 1):
            _show_hit(output, f"{rank:{width}}", hit)
        output.end_of_page(len(page), page.cursor)

    output.result({"hits": [asdict(hit) for hit in page], "cursor": page.cursor}, show)


def _use(settings: Settings, name: str, work: Callable[[MemoryProvider[Any]], Awaitable[T]]) -> T:
    async def use() -> T:
        async with started(settings, name, MemoryProvider) as memory:
            return await work(memory)

    return run(use())


def _is_gone_at_the_end(memory: MemoryProvider[Any]) -> bool:
    return isinstance(memory, InProcessMemory) or getattr(memory.config, "path", None) == ":memory:"


def _read_standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError("VALUE", f"standard input is not UTF-8: {error.reason}") from error


def _parse_value(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        advice = "put a string in quotes inside the shell's own: '\"text\"'; or give --text"
        raise InvalidInputError("VALUE", f"this is not JSON: {error}", advice) from None


def _show_hit(output: Output, rank: str, hit: Hit) -> None:
    output.line(Text.assemble(f"{rank}  ", (visible(_place(hit.item)), "bold cyan")))
    snippet = _highlighted(visible(" ".join(_RULER.sub(" ", hit.snippet).split())))
    output.beside(Text(" " * (len(rank) + 2)), snippet)


def _highlighted(snippet: str) -> Text:
    text = Text()
    end = 0
    for match in _MARKED.finditer(snippet):
        text.append(snippet[end : match.start()]).append(match[1], "bold")
        end = match.end()
    return text.append(snippet[end:])


def _place(item: Item) -> str:
    return "/".join((*item.namespace, item.key))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
