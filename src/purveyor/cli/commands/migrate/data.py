"""``purveyor migrate data``: the data of a legacy store moves into a provider, and back."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Literal

import click

from purveyor.cli.arguments import provider_names
from purveyor.cli.ending import run
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Output
from purveyor.cli.running import load, started
from purveyor.errors import ProviderTypeError
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from purveyor.migrate.data import Moved, MovedBack

__all__ = ["command"]


@click.command("data", cls=Command)
@click.argument("source")
@click.argument("target", shell_complete=provider_names)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["auto", "entries", "files", "messages"]),
    default="auto",
    show_default=True,
    help="What SOURCE is: entries.json, one file a key, or SQLite messages.",
)
@click.option("-n", "--namespace", multiple=True, metavar="SEGMENT", help="Where to, one option a segment.")
@click.option("--allow-pickle", is_flag=True, help="Read pickles as well: plain data only, and nothing is run.")
@click.option("--timezone", metavar="ZONE", help="Where times without an offset were written; default: here.")
@click.option(
    "--on-conflict",
    type=click.Choice(["refuse", "keep", "replace"]),
    default="refuse",
    show_default=True,
    help="Where TARGET has something else under a key.",
)
@click.option("--set-aside", is_flag=True, help="Put what cannot be carried exactly into a file beside TARGET.")
@click.option("--journal", type=click.Path(dir_okay=False), help="Where the journal lies; default: beside TARGET.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option("--back", is_flag=True, help="Bring SOURCE back, with what has changed in TARGET since.")
@click.option("--overwrite", is_flag=True, help="With --back: replace SOURCE even if it is not what was moved.")
@pass_settings
def command(
    settings: Settings,
    source: str,
    target: str,
    kind: Literal["auto", "entries", "files", "messages"],
    namespace: tuple[str, ...],
    allow_pickle: bool,
    timezone: str | None,
    on_conflict: Literal["refuse", "keep", "replace"],
    set_aside: bool,
    journal: str | None,
    dry_run: bool,
    back: bool,
    overwrite: bool,
) -> None:
    """Move the data of SOURCE, a legacy store or a provider, into the provider TARGET.

    SOURCE is never changed, and a journal beside TARGET is kept for the way back.
    """
    from purveyor.migrate.data import move_back, move_data  # noqa: PLC0415 - --help and completion need none of it

    output = Output(settings)
    is_there = os.path.lexists(source)  # what is a path is none of the names that the configuration declares

    async def move() -> tuple[dict[str, Any], Callable[[], None]]:
        async with AsyncExitStack() as stack:
            to = await _provider(settings, stack, target)
            is_name = not is_there and source in load(settings).names
            if not (is_there or is_name or back):
                problem = f"there is no file or folder {source!r}, and no provider of that name"
                raise click.BadParameter(problem, param_hint="SOURCE")
            if is_name and source == target and not namespace:
                raise click.UsageError("SOURCE and TARGET are the same provider")
            origin = await _provider(settings, stack, source) if is_name else source
            if back:
                back_again = await move_back(
                    origin, to, namespace=namespace, journal=journal, overwrite=overwrite, dry_run=dry_run
                )
                return back_again.to_json(), lambda: _show_back(output, back_again)
            moved = await move_data(
                origin,
                to,
                namespace=namespace,
                format=kind,
                allow_pickle=allow_pickle,
                timezone=timezone,
                on_conflict=on_conflict,
                set_aside=set_aside,
                dry_run=dry_run,
                journal=journal,
            )
            return moved.to_json(), lambda: _show(output, moved)

    output.result(*run(move()))


async def _provider(settings: Settings, stack: AsyncExitStack, name: str) -> Provider[Any]:
    """A provider; one that needs no other is not started, so that its database can be made elsewhere first."""
    from purveyor.memory.provider import MemoryProvider  # noqa: PLC0415 - likewise
    from purveyor.storage.provider import StorageProvider  # noqa: PLC0415 - likewise

    config = load(settings)
    if name not in config.unavailable:
        spec = config.get(name)
        if not issubclass(spec.provider_class, (MemoryProvider, StorageProvider)):
            raise ProviderTypeError(name, spec.provider_class, MemoryProvider)
        if not config.graph().needs(name):
            return spec.build()
    return await stack.enter_async_context(started(settings, name, Provider))


def _show_back(output: Output, done: MovedBack) -> None:
    if done.identical:
        output.line(f"{done.source} {'would be' if done.dry_run else 'is'} as it was, to the byte")
    else:
        counts = f"{len(done.changed)} changed, {len(done.added)} new, {len(done.deleted)} deleted"
        output.line(f"{_entries(done.unchanged)} {'would be ' if done.dry_run else ''}as they were, {counts}")


def _show(output: Output, done: Moved) -> None:
    would = "would be " if done.dry_run else ""
    output.line(f"{_entries(done.moved - done.already)} {would}moved from {done.source} to {done.target}")
    for count, what in (
        (done.already, "were there already"),
        (done.kept, f"{would}left out: the target keeps what it has"),
        (done.replaced, f"{would}put in the place of others, which {would}put aside"),
        (len(done.expired), "had expired: the journal keeps them for the way back"),
        (len(done.set_aside), f"{would}put aside"),
    ):
        if count:
            output.line(f"{count} {what}")
    for problem in done.set_aside:
        output.warn(str(problem))
    for note in done.notes:
        output.note(note)
    for name, place in (("journal", done.journal), ("put aside in", done.aside)):
        if place is not None:
            output.note(f"{name}: {place}")


def _entries(count: int) -> str:
    return f"{count} entr{'y' if count == 1 else 'ies'}"
