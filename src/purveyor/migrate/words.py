"""The words for what components do to begin, to end and to tell how they are, and the names they go under.

One table for all that judges a class by its names: the scan that reads it, `adapt` that runs it, and the process
in which it is tried out, which loads this file alone.
"""

__all__ = [
    "CHECKS",
    "CLOSES",
    "LIFECYCLE_NAMES",
    "OPENS",
    "PARTNERS",
    "closes_for",
    "closing_word",
    "forms",
    "opening_word",
]

#: Methods that start a component and that end it, the more usual ones first.
OPENS = ("initialize", "setup", "start", "open", "connect", "init", "startup", "load")
CLOSES = ("cleanup", "close", "shutdown", "stop", "disconnect", "teardown", "dispose", "unload", "aclose")

#: Methods that tell a component's health, the surest first.
CHECKS = ("check_health", "health_check", "healthcheck", "check", "health", "is_healthy", "ping")

#: Which ends go with which start; the others make a pair as well, if there is no better one.
PARTNERS = {
    "initialize": ("cleanup", "shutdown", "close", "teardown", "dispose"),
    "init": ("cleanup", "shutdown", "close", "teardown", "dispose"),
    "setup": ("teardown", "cleanup", "shutdown", "close"),
    "start": ("stop", "shutdown"),
    "startup": ("shutdown",),
    "open": ("close", "aclose"),
    "connect": ("disconnect", "close", "aclose"),
    "load": ("unload",),
}

_SPELLINGS = {
    "initialize": ("initialise",), "setup": ("set_up",), "startup": ("start_up",),
    "cleanup": ("clean_up",), "shutdown": ("shut_down",), "teardown": ("tear_down",),
}  # fmt: skip


def forms(word: str) -> tuple[str, ...]:
    """The names under which a word may go, those that say `async` first."""
    spelled = (word, *_SPELLINGS.get(word, ()))
    marks = ("async_{}", "{}_async", "a{}", "{}")
    return tuple(mark.format(each) for mark in marks for each in spelled)


def closes_for(opening: str | None) -> tuple[str, ...]:
    """`CLOSES`, those first that go with a word of `OPENS`."""
    partners = PARTNERS.get(opening or "", ())
    return tuple(sorted(CLOSES, key=lambda word: word not in partners))


def opening_word(name: str) -> str | None:
    """The word in `OPENS` that a method's name stands for: ``"setup"`` for ``"async_set_up"``; None for others."""
    return _OPENING.get(name)


def closing_word(name: str) -> str | None:
    """The word in `CLOSES` that a method's name stands for; None for others."""
    return _CLOSING.get(name)


# A word is itself before it is a form of another: `aclose`.
_OPENING = {form: word for word in OPENS for form in forms(word)} | {word: word for word in OPENS}
_CLOSING = {form: word for word in CLOSES for form in forms(word)} | {word: word for word in CLOSES}

#: Every name under which a method of the lifecycle may go.
LIFECYCLE_NAMES = frozenset({*_OPENING, *_CLOSING})
