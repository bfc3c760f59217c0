"""Locks on paths that hold between threads and between processes."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from purveyor.errors import StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Generator

#: How long to wait for another process, in seconds. It holds a lock for a few system calls only.
WAIT = 30.0


class PathLocks:
    """256 locks that the paths share, each a file that is locked and a lock between threads.

    Args:
        folder: The descriptor of the folder for the lock files; the caller keeps and closes it.
        store: The backend and where it is, for the error.
    """

    def __init__(self, folder: int, store: str) -> None:
        self._folder = folder
        self._store = store
        self._threads = [Lock() for _ in range(256)]

    @contextmanager
    def hold(self, *digests: str) -> Generator[None, None, None]:
        """Hold the locks of these paths, given by their digests.

        Raises:
            StoreBusyError: Another process did not let go of one of them.
        """
        # In one order everywhere, so that two who need the same two locks do not wait for each other.
        with ExitStack() as held:
            for stripe in sorted({digest[:2] for digest in digests}):
                held.enter_context(self._hold(stripe))
            yield

    @contextmanager
    def _hold(self, stripe: str) -> Generator[None, None, None]:
        deadline = time.monotonic() + WAIT
        lock = self._threads[int(stripe, 16)]
        if not lock.acquire(timeout=WAIT):
            raise self._busy(stripe)
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(stripe, flags, 0o666, dir_fd=self._folder)
            try:
                self._lock(descriptor, stripe, deadline)
                yield
            finally:
                os.close(descriptor)
        finally:
            lock.release()

    def _lock(self, descriptor: int, stripe: str, deadline: float) -> None:
        pause = 0.0002
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise self._busy(stripe) from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.02)
            else:
                return

    def _busy(self, stripe: str) -> StoreBusyError:
        problem = f"the lock {stripe} was held by others for {WAIT:g} seconds"
        return StoreBusyError(self._store, problem, "look for a process that is stopped or hangs")
