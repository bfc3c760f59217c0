"""Fill a memory with Python's documentation topics, and a storage with the standard library's sources.

Run it as it is; it finds its configuration beside itself::

    python examples/pydoc/load.py
    purveyor -c examples/pydoc/purveyor.toml memory search notes "context manager"
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import sysconfig
from pathlib import Path
from pydoc_data.topics import topics
from time import perf_counter
from typing import TYPE_CHECKING, Any

import purveyor
from purveyor import MemoryProvider, StorageProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = Path(__file__).with_name("purveyor.toml")

#: How many files are on their way at the same time.
CONCURRENCY = 32


async def main(limit: int | None) -> None:
    """Load everything, and say how much it was and how long it took.

    Args:
        limit: How many source files to load at most; None for all.
    """
    async with purveyor.open(CONFIG) as providers:
        notes = providers.get("notes", MemoryProvider)
        files = providers.get("files", StorageProvider)

        begun = perf_counter()
        await load_topics(notes)
        report(len(topics), "topics", begun)

        begun = perf_counter()
        paths = list(standard_library())[:limit]
        size = await load_files(files, paths)
        report(len(paths), f"files ({size / 1e6:.1f} MB)", begun)


async def load_topics(notes: MemoryProvider[Any]) -> None:
    """Put every topic at once: what is awaited together is committed together."""
    async with asyncio.TaskGroup() as group:
        for topic, text in topics.items():
            group.create_task(notes.put(topic, {"topic": topic, "text": text}))


async def load_files(files: StorageProvider[Any], paths: list[tuple[str, Path]]) -> int:
    """Put files, several at a time; their size in bytes."""
    done = size = 0
    remaining = iter(paths)

    async def work() -> None:
        nonlocal done, size
        for name, path in remaining:
            meta = await files.put(name, path.read_bytes())
            done += 1
            size += meta.size
            show_progress(done, len(paths))

    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(work())
    return size


def standard_library() -> Iterator[tuple[str, Path]]:
    """Every ``.py`` file of the standard library, its tests included, with its path below the library's folder."""
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.rglob("*.py")):
        name = path.relative_to(library)
        if not {"site-packages", "dist-packages", "__pycache__"} & set(name.parts):
            yield name.as_posix(), path


def show_progress(done: int, total: int) -> None:
    """A counter that stays on its line; on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r{done:5} of {total} files", end="\r" if done == total else "", file=sys.stderr, flush=True)


def report(count: int, what: str, begun: float) -> None:
    """One line of the summary."""
    print(f"{count:5} {what} in {perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Load Python's topics and sources into two providers.")
    parser.add_argument("--limit", type=int, metavar="N", help="load N source files at most (default: all)")
    asyncio.run(main(parser.parse_args().limit))
