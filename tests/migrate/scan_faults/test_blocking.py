"""Work in coroutines that blocks the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.migrate.scan_faults.marked import check

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = """
    import requests, sqlite3, subprocess, time, urllib.request
    from pathlib import Path
    from time import sleep as nap
    class Slow:
        def __init__(self):
            self.session = None
            self.session = requests.Session()
            self.db = sqlite3.connect("x")
            self.path = Path("x")
        async def go(self, other_path):
            time.sleep(1)  # ! sync-in-async
            nap(1)  # ! sync-in-async
            requests.get("u")  # ! sync-in-async
            subprocess.run(["x"])  # ! sync-in-async
            urllib.request.urlopen("u")  # ! sync-in-async
            with open("x") as file: file.read()  # ! sync-in-async
            self.session.post("u")  # ! sync-in-async
            self.db.execute("x")  # ! sync-in-async
            self.path.open()  # ! sync-in-async
            other_path.read_text()  # ! sync-in-async
            local = Path("y")
            local.write_bytes(b"")  # ! sync-in-async
            import shutil as sh
            sh.rmtree("x")  # ! sync-in-async
            return [Path(name).read_bytes() for name in "abc"]  # ! sync-in-async
        def plain(self):
            async def inner():
                time.sleep(1)  # ! sync-in-async
            return inner
    """

FREE = """
    import asyncio, anyio, time, requests
    from aiofiles import open as aopen
    from pathlib import Path
    class Quick:
        def __init__(self, session):
            self.session = session
            self.either = requests.Session()
            self.either = session
        def plain(self):
            time.sleep(1)
            open("x")
        async def go(self, open, texts):
            await asyncio.sleep(1)
            await asyncio.to_thread(time.sleep, 1)
            await asyncio.get_running_loop().run_in_executor(None, lambda: time.sleep(1))
            open("x")
            async with aopen("x") as file:
                await file.read()
            await anyio.Path("x").read_text()
            self.session.get("u")
            self.either.get("u")
            self.read_text()
            texts.read_text()
            texts[0].read_text()
            texts()()
            def later():
                time.sleep(1)
            await asyncio.to_thread(later)
            return Path("a") / "b", self.session.commit(), requests.codes, self.open("x")
        def read_text(self): ...
        def open(self, name): ...
    """


def test_what_blocks(tmp_path: Path) -> None:
    messages = check(tmp_path, BLOCKS, kind="data")
    assert (
        messages[0]
        == "`time.sleep` blocks the event loop while this coroutine runs. Await asyncio.sleep() instead."
    )
    assert "asyncio.create_subprocess_exec" in messages[3]
    assert any(message.startswith("`requests.Session.post`") for message in messages)
    [execute] = [message for message in messages if message.startswith("`sqlite3.Connection.execute`")]
    assert execute.endswith("Keep it on one thread (a ThreadPoolExecutor with one worker), or use aiosqlite.")
    assert any(message.startswith("`Path.read_text`") and "to_thread" in message for message in messages)


def test_what_blocks_by_way_of_another_module(tmp_path: Path) -> None:
    text = """
        import compat
        class Slow:
            async def go(self):
                compat.time.sleep(1)  # ! sync-in-async
                compat.sleep(1)
        """
    check(tmp_path, text, kind="data", files={"compat.py": "import time\ndef sleep(seconds): ...\n"})


def test_what_does_not(tmp_path: Path) -> None:
    check(tmp_path, FREE, kind="data")
