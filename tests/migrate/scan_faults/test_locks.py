"""Locks that are taken again by who holds them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.migrate.scan_faults.marked import check

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
    import asyncio, contextlib, threading
    from asyncio import Lock as Mutex
    from dataclasses import dataclass, field
    """

WRONG = {
    "directly": """
        class Vault:
            def __init__(self):
                self._lock = asyncio.Lock()
            async def size(self):
                async with self._lock:
                    return 1
            async def put(self):
                async with self._lock:
                    return await self.size()  # ! lock-reentry
        """,
    "through another method": """
        class Vault:
            def __init__(self):
                self._lock = threading.Lock()
            def _inner(self):
                return self._innermost()
            def _innermost(self):
                with self._lock:
                    pass
            def put(self):
                with self._lock:
                    self._inner()  # ! lock-reentry
        """,
    "a block in a block": """
        class Vault:
            _lock = threading.Lock()
            def put(self):
                with self._lock:
                    with self._lock:  # ! lock-reentry
                        pass
        """,
    "acquired by hand": """
        class Vault:
            def __init__(self):
                self._lock: Mutex = Mutex()
            async def size(self):
                await self._lock.acquire()
                try:
                    return 1
                finally:
                    self._lock.release()
            async def put(self):
                await self._lock.acquire()
                try:
                    return await asyncio.wait_for(self.size(), 3)  # ! lock-reentry
                finally:
                    self._lock.release()
        """,
    "a property": """
        class Vault:
            def __init__(self):
                self._lock = threading.Lock()
            @property
            def size(self):
                with self._lock:
                    return 1
            def put(self):
                with self._lock:
                    return self.size  # ! lock-reentry
        """,
    "a context manager of its own": """
        class Vault:
            def __init__(self):
                self._lock = None
                self._lock = asyncio.Lock()
            @contextlib.asynccontextmanager
            async def locked(self):
                async with self._lock:
                    yield
            async def size(self):
                async with self.locked():
                    return 1
            def keys(self):
                yield 1
            async def put(self):
                async with self.locked():
                    await self.size()  # ! lock-reentry
                async with self.unknown():  # ! undefined-attribute
                    await self.size()
        """,
    "generators that are run": """
        class Vault:
            def __init__(self):
                self._lock = asyncio.Lock()
            async def keys(self):
                async with self._lock:
                    yield 1
            async def put(self):
                async with self._lock:
                    async for key in self.keys():  # ! lock-reentry
                        print(key)
                async with self._lock:
                    return [key async for key in self.keys()]  # ! lock-reentry
        class Plain:
            def __init__(self):
                self._lock = threading.Lock()
            def keys(self):
                with self._lock:
                    yield 1
                    def later(): yield
            def put(self):
                with self._lock:
                    yield from self.keys()  # ! lock-reentry
                    yield
        """,
    "a field of a dataclass": """
        @dataclass
        class Vault:
            lock: asyncio.Lock = field(default_factory=asyncio.Lock)
            async def size(self):
                async with self.lock:
                    return 1
            async def put(self, force=False):
                async with self.lock:
                    if force:
                        await self.size()  # ! lock-reentry
        """,
    "inherited": """
        class Base:
            def __init__(self):
                self._lock = asyncio.Lock()
            async def put(self):
                async with self._lock:
                    await self._write()
            async def size(self):
                async with self._lock:
                    return 1
            async def _write(self):
                pass
        class Vault(Base):
            async def _write(self):  # ! lock-reentry
                async with self._lock:
                    pass
            async def drop(self):
                async with self._lock:
                    await super().size()  # ! lock-reentry
        """,
    "a new instance whose class shares the lock": """
        class Vault:
            _lock = threading.Lock()
            def __new__(cls):
                with cls._lock:
                    return super().__new__(cls)
            @classmethod
            def again(cls):
                return cls()
            @classmethod
            def get(cls):
                with cls._lock:
                    cls.again()  # ! lock-reentry
                    return cls()  # ! lock-reentry
        """,
}

RIGHT = {
    "a lock that counts": """
        class Vault:
            def __init__(self):
                self._lock = threading.RLock()
            def size(self):
                with self._lock:
                    return 1
            def put(self):
                with self._lock:
                    return self.size()
        """,
    "a lock that may be another": """
        class Vault:
            def __init__(self, lock=None):
                self._lock = lock or threading.Lock()
                self.other = threading.Lock()
                self.other = lock
            def size(self):
                with self._lock, self.other:
                    return 1
            def put(self):
                with self._lock, self.other:
                    return self.size()
        """,
    "two locks, and a call after the block": """
        class Vault:
            def __init__(self):
                self._lock = asyncio.Lock()
                self._other = asyncio.Lock()
            async def size(self):
                async with self._other:
                    return 1
            async def total(self):
                async with self._lock:
                    return 1
            async def put(self):
                async with self._lock:
                    await self.size()
                await self.total()
        """,
    "a coroutine that runs later": """
        class Vault:
            def __init__(self):
                self._lock = asyncio.Lock()
            async def size(self):
                async with self._lock:
                    return 1
            def keys(self):
                with self._lock:
                    yield 1
            @contextlib.contextmanager
            def locked(self):
                with self._lock:
                    yield
            async def put(self):
                async with self._lock:
                    self.task = asyncio.create_task(self.size())
                    self.later = lambda: self.size()
                    async def much_later():
                        await self.size()
                    self.rest = much_later
                    self.keys()
                    self.locked()
        """,
    "a lock that is let go of": """
        class Vault:
            def __init__(self):
                self._lock = asyncio.Lock()
            async def size(self):
                async with self._lock:
                    return 1
            async def put(self):
                async with self._lock:
                    self._lock.release()
                    try:
                        await self.size()
                    finally:
                        await self._lock.acquire()
            async def pause(self):
                self._lock.release()
                await self._lock.acquire()
            async def wait(self):
                async with self._lock:
                    await self.pause()
            async def by_hand(self):
                await self._lock.acquire()
                try:
                    self._lock.release()
                    await self.size()
                finally:
                    self._lock.release()
            async def unpaired(self):
                await self._lock.acquire()
                await self.size()
                await self._lock.acquire()
                try:
                    await self.size()
                except ValueError:
                    pass
        """,
    "a caller that says whether to lock": """
        class Vault:
            def __init__(self):
                self._lock = threading.Lock()
            def size(self, lock=True):
                if lock:
                    with self._lock:
                        return 1
                return self.total() if lock else 2
            def total(self):
                with self._lock:
                    return 1
            def attempt(self):
                if self._lock.acquire(blocking=False):
                    self._lock.release()
            def maybe(self):
                if not self._lock.locked():
                    self._lock.acquire()
            def put(self):
                with self._lock:
                    self.attempt()
                    self.maybe()
                    return self.size(lock=False)
        """,
    "a lock for each instance": """
        class Vault:
            def __init__(self):
                self._lock = threading.Lock()
                with self._lock:
                    self.parts = []
            @classmethod
            def make(cls):
                with cls._lock:
                    return cls()
            def other(self, it):
                with self._lock:
                    it.other(self)
        """,
    "methods that call each other": """
        class Vault:
            def __init__(self):
                self._lock = threading.Lock()
            def one(self):
                return self.two()
            def two(self):
                return self.one()
            def put(self):
                with self._lock:
                    return self.one()
            async def drop(self):
                with self.locked(), self.other:
                    self.one()
                    self.hook()
                    return self.locked
            def locked(self):
                return self._lock
            def __init_subclass__(cls): ...
            other = hook = None
        """,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_waits_for_itself(tmp_path: Path, name: str) -> None:
    check(tmp_path, HEAD, WRONG[name], kind="data")


@pytest.mark.parametrize("name", RIGHT)
def test_what_does_not(tmp_path: Path, name: str) -> None:
    check(tmp_path, HEAD, RIGHT[name], kind="data")


def test_the_message_names_the_way(tmp_path: Path) -> None:
    (message,) = check(tmp_path, HEAD, WRONG["through another method"])
    assert message.startswith(
        "`put` holds `self._lock` and runs `_inner`, which takes it again, through `_innermost`:"
    )


def test_the_message_names_the_base_that_holds_it(tmp_path: Path) -> None:
    messages = check(tmp_path, HEAD, WRONG["inherited"], kind="data")
    assert messages[0].startswith("`Base.put` (app.py:12) holds `self._lock` and calls this method")


def _branching(levels: int, method: str) -> str:
    """A class whose `run` holds the lock and comes to `last` by as many ways as two to the number of levels."""
    return textwrap.indent(
        "class Vault:\n    _lock = threading.Lock()\n"
        + "".join(method.format(here=f"m{level}", next=f"m{level + 1}") for level in range(levels)),
        " " * 4,
    )


def test_many_ways_to_one_lock_are_not_gone_one_by_one(tmp_path: Path) -> None:
    text = _branching(60, "    def {here}(self):\n        self.{next}()\n        self.{next}()\n")
    ending = """
            def m60(self):
                with self._lock:
                    pass
            def run(self):
                with self._lock:
                    self.m57()  # ! lock-reentry
        """
    (message,) = check(tmp_path, HEAD, text + textwrap.indent(textwrap.dedent(ending), " " * 8))
    assert "`run` holds `self._lock` and runs `m57`" in message
    assert "through `m58`, through `m59`, through `m60`: it waits" in message


def test_methods_that_all_run_each_other_are_followed(tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(14)]
    methods = "".join(
        f"        def {name}(self):\n" + "".join(f"            self.{other}()\n" for other in names)
        for name in names
    )
    ending = """
            def m14(self):
                with self._lock:
                    self.m0()
            def run(self):
                with self._lock:
                    self.m14()  # ! lock-reentry
        """
    check(tmp_path, HEAD, _branching(0, "") + methods + textwrap.indent(textwrap.dedent(ending), " " * 8))


def test_context_managers_that_hold_through_each_other(tmp_path: Path) -> None:
    level = (
        "    @contextlib.contextmanager\n    def {here}(self):\n"
        "        with self.{next}(), self.{next}():  # ! lock-reentry\n            yield\n"
    )
    ending = """
            @contextlib.contextmanager
            def m60(self):
                with self._lock:
                    yield
            def size(self):
                with self._lock:
                    pass
            def run(self):
                with self.m0():
                    self.size()  # ! lock-reentry
        """
    found = _branching(60, level) + textwrap.indent(textwrap.dedent(ending), " " * 8)
    (message,) = [each for each in check(tmp_path, HEAD, found, kind="data") if "`run`" in each]
    assert "runs `size`" in message
