"""How the documentation's console sessions and TOML files are run."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sybil import Example

_CHECKER = doctest.OutputChecker()
_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class ConsoleEvaluator:
    """Runs each ``$ command`` of a console block and compares what it prints; ``...`` stands for anything."""

    def __call__(self, example: Example) -> str | None:
        for command, expected in _commands(example.parsed):
            run = subprocess.run(
                ["bash", "-c", command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=120,
                env=_environment(),
            )
            if run.returncode != 0:
                return f"$ {command}\nended with {run.returncode}:\n{run.stdout}"
            if not _CHECKER.check_output(expected, run.stdout, _OPTIONS):
                return f"$ {command}\nprinted:\n{run.stdout}\nbut the document says:\n{expected}"
        return None


def check_toml(example: Example) -> str | None:
    """A TOML block is a configuration that `purveyor check` accepts, as far as its drivers are installed."""
    if "myapp." in example.parsed:  # the reader's own package
        return None
    file = Path("documented.toml")
    file.write_text(example.parsed)
    try:
        run = subprocess.run(
            ["purveyor", "--config", str(file), "check"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=_environment(),
        )
    finally:
        file.unlink()
    return None if run.returncode == 0 else run.stdout + run.stderr


def _commands(block: str) -> list[tuple[str, str]]:
    commands: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        else:
            commands[-1][1].append(line + "\n")
    return [(command, "".join(lines)) for command, lines in commands]


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    checkout = str(Path(__file__).parent.parent)
    return os.environ | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "CHECKOUT": checkout}
