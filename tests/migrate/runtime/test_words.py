"""All that judges a class by its names knows the same ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from purveyor.migrate import adapt, words
from purveyor.migrate.adapting.lifecycle import find_lifecycle
from purveyor.migrate.scan import lifecycle as scanned
from purveyor.migrate.verify.child.deriving import Providers, derive
from purveyor.migrate.words import (
    CLOSES,
    LIFECYCLE_NAMES,
    OPENS,
    PARTNERS,
    closes_for,
    closing_word,
    forms,
    opening_word,
)

#: Each word as it is written by those who do not write it as it is; written out, and not made from the table.
OPENING = {
    "initialize": ("initialise", "ainitialise", "async_initialize", "initialize_async"),
    "setup": ("set_up", "aset_up", "async_set_up", "asetup", "async_setup", "setup_async"),
    "start": ("astart", "async_start", "start_async"),
    "open": ("aopen",),
    "connect": ("aconnect",),
    "init": ("async_init",),
    "startup": ("start_up", "astartup", "async_startup", "startup_async"),
    "load": ("aload",),
}
CLOSING = {
    "cleanup": ("clean_up", "acleanup", "async_clean_up"),
    "close": ("async_close", "close_async"),
    "shutdown": ("shut_down", "ashutdown", "shut_down_async"),
    "stop": ("astop",),
    "disconnect": ("adisconnect",),
    "teardown": ("tear_down", "ateardown", "async_tear_down"),
    "dispose": ("adispose",),
    "unload": ("aunload",),
    "aclose": (),
}


def pairs(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(name, word) for word, others in table.items() for name in (word, *others)]


def thing(*names: str) -> type:
    """A class that has methods of these names, each of which notes that it was called."""

    def noting(name: str) -> Any:
        async def note(self: Any) -> None:
            self.calls.append(name)

        return note

    return type("Thing", (), {"calls": [], "query": lambda self: 1} | {name: noting(name) for name in names})


def played(*names: str) -> list[str]:
    """What the process that tries a class out opens and closes it by."""
    derived = derive(thing(*names), f"{__name__}:Thing", [], scripted=False, providers=Providers({}, {}))
    steps = [call["method"] for call in derived.plays[-1]["calls"]]
    return list(dict.fromkeys(steps))


def adapted(*names: str) -> list[str]:
    """What the adapter opens and closes it by."""
    lifecycle = find_lifecycle(thing(*names))
    instance: Any = thing(*names)()
    for step in (lifecycle.open, lifecycle.close):
        if step is not None:
            _run(step.call(instance))
    return list(instance.calls)


def _run(coroutine: Any) -> None:
    with pytest.raises(StopIteration):
        coroutine.send(None)


@pytest.mark.parametrize(("name", "word"), pairs(OPENING))
def test_a_name_that_opens_is_known_to_all(name: str, word: str) -> None:
    assert scanned.opening_word(name) == word
    assert scanned.closing_word(name) is None
    assert adapted(name, "close") == [name, "close"]
    assert played(name, "close") == [name, "close"]
    assert "query" in adapt(thing(name, "close")()).metadata.capabilities
    assert name not in adapt(thing(name, "close")()).metadata.capabilities


@pytest.mark.parametrize(("name", "word"), pairs(CLOSING))
def test_a_name_that_closes_is_known_to_all(name: str, word: str) -> None:
    assert scanned.closing_word(name) == word
    assert scanned.opening_word(name) is None
    assert adapted("open", name) == ["open", name]
    assert played("open", name) == ["open", name]
    assert name not in adapt(thing("open", name)()).metadata.capabilities


def test_no_word_of_the_scan_is_unknown_to_the_others() -> None:
    assert tuple(OPENING) == scanned.OPENS == OPENS
    assert tuple(CLOSING) == scanned.CLOSES == CLOSES
    assert {form for word in (*OPENS, *CLOSES) for form in forms(word)} == LIFECYCLE_NAMES
    assert all(opening_word(name) or closing_word(name) for name in LIFECYCLE_NAMES)
    assert set(PARTNERS) == set(OPENS)
    assert {word for partners in PARTNERS.values() for word in partners} <= set(CLOSES)
    for name in ("query", "opening", "restart", "aquery", "_connect", "a_connect"):
        assert name not in LIFECYCLE_NAMES
        assert opening_word(name) is None


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (("start", "cleanup", "stop"), ["start", "stop"]),
        (("startup", "close", "shutdown"), ["startup", "shutdown"]),
        (("load", "dispose", "unload"), ["load", "unload"]),
        (("set_up", "close", "tear_down"), ["set_up", "close"]),  # both go with it: the more usual one
        (("open", "cleanup"), ["open", "cleanup"]),  # none does
    ],
)
def test_what_goes_with_the_start_ends_it(names: tuple[str, ...], taken: list[str]) -> None:
    assert adapted(*names) == taken
    assert played(*names) == taken


def test_without_a_start_the_more_usual_end_comes_first() -> None:
    assert closes_for(None) == CLOSES
    assert closes_for("query") == CLOSES
    assert sorted(closes_for("start")) == sorted(CLOSES)
    assert adapted("stop", "close") == ["close"]
    assert played("stop", "close") == ["close"]


def test_a_start_that_is_named_has_its_partner_too() -> None:
    cls = thing("start", "stop", "cleanup")
    for given in ("start", lambda legacy: legacy.start()):
        instance: Any = thing("start", "stop", "cleanup")()
        close = find_lifecycle(cls, given).close
        assert close is not None
        _run(close.call(instance))
        assert instance.calls == ["stop" if given == "start" else "cleanup"]


def test_the_process_that_tries_out_loads_the_words_and_nothing_around_them() -> None:
    main = Path(words.__file__).parent / "verify" / "child" / "__main__.py"
    code = (
        "import os, runpy, sys\n"
        "sys.argv = ['child', '/nowhere', str(os.open(os.devnull, os.O_WRONLY))]\n"
        "try:\n"
        f"    runpy.run_path({str(main)!r}, run_name='__main__')\n"
        "except FileNotFoundError:\n"  # its job
        "    names = {name for name in sys.modules if name.startswith('purveyor')}\n"
        "    print(*sorted(name for name in names if not name.startswith('purveyor.migrate.verify.child')))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["purveyor.migrate.words"]
