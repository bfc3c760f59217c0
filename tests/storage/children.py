"""What the tests let other processes do: `python -m tests.storage.children WHAT ROOT ...`."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import sys
from pathlib import Path

from purveyor.errors import ConflictError, PurveyorError
from purveyor.storage import LocalStorage
from purveyor.storage.local import files as _files  # noqa: F401  # nobody may not read what root may import

from .helpers import local


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def write_until_killed(files: LocalStorage, first: str) -> None:
    """Put, replace, rename and delete, and say what was acknowledged."""
    number = int(first)
    while True:
        number += 1
        data = os.urandom(8) * (number % 7 * 20_000)
        digest = hashlib.sha256(data).hexdigest()
        path = f"{number % 3}/{number % 11}"
        say("putting", path, digest)
        await files.put(path, data, metadata={"digest": digest})
        say("put", path, digest)
        if number % 5 == 0:
            say("deleting", path)
            await files.delete(path)
            say("deleted", path)


async def create(files: LocalStorage, count: str) -> None:
    """Create the same objects that another process creates; say which were won."""
    for number in range(int(count)):
        try:
            await files.put(f"{number}/x", str(os.getpid()).encode(), if_none_match="*")
        except ConflictError:
            continue
        say("won", number)


async def add(files: LocalStorage, count: str) -> None:
    """Add one to a counter, by compare-and-set, so often."""
    for _ in range(int(count)):
        while True:
            meta = await files.head("counter")
            value = int(await files.get("counter"))
            try:
                await files.put(
                    "counter", str(value + 1).encode(), if_match=meta.etag, metadata={"v": str(value + 1)}
                )
            except ConflictError:
                continue
            break


async def fill(files: LocalStorage, limit: str) -> None:
    """Meet a limit of the size of files, as of a full disk; then go on below it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    for data in (bytes(3 * int(limit)), [bytes(int(limit))] * 3):
        try:
            await files.put("big", data)
        except PurveyorError as error:
            say(type(error).__name__, error)
    await files.put("small", b"x")
    say("small", await files.get("small"))


async def try_all(files: LocalStorage) -> None:
    """Read and write as somebody who may only read."""
    for call in (
        files.put("new", b""),
        files.put("sub/new", b""),
        files.delete("sub/old"),
        files.rename("sub/old", "n"),
    ):
        try:
            await call
        except PurveyorError as error:
            say(type(error).__name__, error)


async def main(what: str, root: str, *rest: str) -> None:
    if "user" in os.environ and os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    files = local(Path(root))
    try:
        await files.initialize()
    except PurveyorError as error:
        say(type(error).__name__, error)
        return
    say("ready")
    sys.stdin.readline()
    await globals()[what](files, *rest)
    await files.cleanup()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
