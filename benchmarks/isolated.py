"""One measurement in a process of its own, where what others have imported or allocated would show."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.harness import Opened

__all__ = ["python"]

_ROOT = Path(__file__).parent.parent


@asynccontextmanager
async def python(code: str, needs: str = "") -> Opened:
    """Each repeat runs `code` in a fresh interpreter; the last word it prints is the measurement.

    Args:
        code: The program.
        needs: The module that must be installed for it.
    """
    if needs and not _installed(needs):
        raise ModuleNotFoundError(f"No module named {needs!r}", name=needs)

    # Compiled modules are kept from the warm-up on, as they are where a package is installed.
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}

    async def repeat() -> float:
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-W", "ignore", "-c", code],
            cwd=_ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the measured program failed:\n{code}\n{done.stderr}")
        return float(done.stdout.split()[-1])

    yield repeat


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a parent package
        return False
