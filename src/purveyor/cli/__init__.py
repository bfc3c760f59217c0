"""The command line, ``purveyor``.

Data goes to standard output, everything else to standard error. With ``--json`` standard output is one
document, ``{"version": 1, "data": ...}`` or ``{"version": 1, "error": {"type", "what", "where", "hint"}}``
(``purveyor up``: one line an event). Exit codes: 0 for success; 1 if what was asked for failed, was not
found, or found something wrong; 2 if it was asked for wrongly (usage, names of providers, keys and paths,
configuration); 130 after Ctrl-C. If who reads the output goes away, it ends silently, with 1
(``purveyor up`` goes on). What a provider leaves at work, since it ignores its cancellation, is not waited for:
the process ends without it, with 1.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from purveyor.cli.ending import end
from purveyor.cli.streams import flush, open_closed
from purveyor.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

#: The script is installed without any extra, too; who calls it then is told which one is missing.
_EXTRAS = {"click": "cli", "rich": "cli", "pydantic": "config", "pydantic_core": "config"}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line, and exit.

    Args:
        arguments: What follows the program's name; that of this process if None.

    Raises:
        SystemExit: Always, with the exit code.
    """
    open_closed()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        from purveyor.cli.root import run  # noqa: PLC0415 - it may not be possible

        code = run(given)
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in _EXTRAS:
            raise
        from purveyor.cli.extras import lacking_for_up  # noqa: PLC0415 - it takes a while

        missing = lacking_for_up() if "up" in given else None
        missing = missing or MissingExtraError("this command", module, f"purveyor[{_EXTRAS[module]}]")
        with suppress(OSError):
            print(f"error: {missing}", file=sys.stderr)  # noqa: T201 - what writes nicer texts is what is missing
        code = 2
    end(code if flush() else code or 1)
