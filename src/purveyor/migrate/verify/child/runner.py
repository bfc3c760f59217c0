"""One process: it imports a module and plays what it is told to."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import resource
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

from purveyor.migrate.verify.child.canonical import Canon
from purveyor.migrate.verify.child.channel import Channel
from purveyor.migrate.verify.child.contract import Contract
from purveyor.migrate.verify.child.deriving import Providers, derive
from purveyor.migrate.verify.child.frozen import Frozen
from purveyor.migrate.verify.child.guard import Guard
from purveyor.migrate.verify.child.player import Player, Witness
from purveyor.migrate.verify.child.sandbox import Files, Printed
from purveyor.migrate.verify.child.specs import resolve

__all__ = ["main"]

#: What a runaway may take: bytes of one file, bytes of memory, and seconds of the processor.
_LIMITS = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 1 << 28, "RLIMIT_AS": 1 << 34, "RLIMIT_CPU": 900}


def main(job_path: str, descriptor: int) -> None:
    """Do a job.

    Args:
        job_path: The file that describes it.
        descriptor: Of the pipe through which to tell.
    """
    channel = Channel(descriptor)
    job = json.loads(Path(job_path).read_bytes())
    printed = Printed(job["printed"])
    for name, most in _LIMITS.items():
        with contextlib.suppress(ValueError, OSError):  # the system allows less
            hard = resource.getrlimit(getattr(resource, name))[1]
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(getattr(resource, name), (allowed, hard))
    warnings.simplefilter("ignore")
    sys.argv = ["python"]
    sys.path[:] = [*job["paths"], *(path for path in sys.path if path not in job["paths"]), *job["tail"]]
    guard = Guard(job["sandbox"])
    atexit.register(guard.off)  # after the project's own, which were registered later
    canon = Canon(job["sandbox"], job["opaque"])
    witness = Witness(channel, canon, Frozen(job["now"]), Files(job["sandbox"]), printed, guard)
    if _import(witness, job["module"]):
        _plays(job, channel, witness)
    channel.send("done")
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        os._exit(0)  # pragma: no cover - they would be waited for; nothing is left to say so


def _import(witness: Witness, module: str) -> bool:
    witness.begin(-1, 0, "import")
    try:
        importlib.import_module(module)
    except BaseException as error:  # SystemExit, and whatever else a module raises
        witness.end("error", witness.canon.error(error))
        return False
    witness.end("value", "None")
    return True


def _plays(job: dict[str, Any], channel: Channel, witness: Witness) -> None:
    plays: list[dict[str, Any]] | None = job["plays"]
    found = _find(job["classes"], channel)
    if plays is None:
        plays, skipped = [], []
        providers = Providers(job["keys"], job["builds"])
        for wanted in job["classes"]:
            if wanted["name"] in found:
                name = wanted["name"]
                derived = derive(
                    found[name], name, wanted["seeds"], scripted=wanted["scripted"], providers=providers
                )
                plays += derived.plays
                skipped += derived.skipped
        channel.send("plays", plays=plays, skipped=skipped)
    player = Player(witness, job["scratch"], job["timeout"])
    contract = Contract(witness, job["scratch"], job["timeout"])
    for number, play in enumerate(plays):
        if number < job["start"]:
            continue
        if play["kind"] == "contract":
            reason = contract.play(number, play)
            if reason is not None:
                channel.send("unplayed", play=number, reason=reason)
        else:
            player.play(number, play)


def _find(classes: list[dict[str, Any]], channel: Channel) -> dict[str, type]:
    found: dict[str, type] = {}
    for wanted in classes:
        try:
            cls = resolve(wanted["name"])
        except Exception as error:  # a module's own __getattr__ may raise anything
            channel.send("missing", name=wanted["name"], reason=type(error).__name__)
            continue
        if isinstance(cls, type):
            found[wanted["name"]] = cls
        else:
            channel.send("missing", name=wanted["name"], reason=f"it is a {type(cls).__name__}")
    return found
