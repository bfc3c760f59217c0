"""Keeps what is tried out inside its sandbox: nothing is written outside, nothing is sent anywhere.

It stands on audit hooks (PEP 578). Those see what goes through Python's own functions; code in C that opens files
or sockets by itself, and programs that are started, are not held.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, TypeAlias

__all__ = ["Guard"]

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/stdout", "/dev/stderr")

#: Which arguments of an event are paths that change, each with the place of the descriptor that it is relative to.
_Places: TypeAlias = "tuple[tuple[int, int | None], ...]"
_CHANGES: dict[str, _Places] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((1, 3),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
    "shutil.rmtree": ((0, 1),),
    "sqlite3.connect": ((0, None),),
}
_NETWORK = {
    "socket.bind": 1,
    "socket.connect": 1,
    "socket.sendmsg": 1,
    "socket.sendto": 1,
    "socket.getaddrinfo": 0,
}


class Guard:
    """Refuses, and remembers what it refused.

    Args:
        sandbox: The folder in which everything may be done.
    """

    def __init__(self, sandbox: str) -> None:
        self._sandbox = os.path.realpath(sandbox)
        self._on = True
        self.refused: list[str] = []
        sys.addaudithook(self._hear)

    def off(self) -> None:
        """Let everything through: the project's code has run."""
        self._on = False

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, _, flags = args
            if isinstance(flags, int) and flags & _WRITES:
                self._check(event, path, None)
        elif event in _CHANGES:
            for place, relative in _CHANGES[event]:
                folder = args[relative] if relative is not None and relative < len(args) else None
                self._check(event, args[place], folder)
        elif event in _NETWORK:
            self._check_address(event, args[_NETWORK[event]])

    def _check(self, event: str, path: Any, folder: Any) -> None:
        if isinstance(path, int) or not path:
            return  # an open descriptor was asked about when it was opened
        name = os.fsdecode(path)
        if event == "sqlite3.connect":
            name = name.removeprefix("file:").partition("?")[0]
            if name in {"", ":memory:"}:
                return
        if isinstance(folder, int) and folder >= 0 and not name.startswith("/"):
            name = f"/proc/self/fd/{folder}/{name}"
        if name in _DEVICES or self._inside(name):
            return
        self._refuse(f"{event} {os.fsdecode(path)}")
        raise PermissionError(
            errno.EACCES, "outside of the sandbox of `purveyor migrate verify`", os.fsdecode(path)
        )

    def _inside(self, name: str) -> bool:
        real = os.path.realpath(name)
        return real == self._sandbox or real.startswith(self._sandbox + os.sep)

    def _check_address(self, event: str, address: Any) -> None:
        if address is None:
            return  # to where the socket is connected already
        if (
            isinstance(address, (str, bytes))
            and event != "socket.getaddrinfo"
            and self._inside(os.fsdecode(address))
        ):
            return  # a local socket between the project's own processes
        self._refuse(f"{event} {address!r}")
        raise OSError(errno.ENETUNREACH, "`purveyor migrate verify` lets nothing into the network")

    def _refuse(self, text: str) -> None:
        if len(self.refused) < 100:
            self.refused.append(text)
