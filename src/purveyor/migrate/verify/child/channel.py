"""What the process tells: one JSON document a line, through a pipe that the project's code does not know of."""

from __future__ import annotations

import fcntl
import json
import os
from typing import Any

__all__ = ["Channel"]

#: Descriptors from here on: what a program opens or closes in bulk is below.
_ABOVE = 200


class Channel:
    """The writing end.

    Args:
        descriptor: That of the pipe; it is moved out of the way.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _ABOVE)
        os.close(descriptor)
        self._process = os.getpid()
        os.register_at_fork(after_in_child=self._close)

    def send(self, kind: str, **content: Any) -> None:
        """Tell something; in a process that the project's code has forked off, end it: it has no part in this."""
        if os.getpid() != self._process:
            os._exit(0)  # pragma: no cover - nothing is left to say so
        line = json.dumps({"kind": kind, **content}).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def _close(self) -> None:
        os.close(self._descriptor)
