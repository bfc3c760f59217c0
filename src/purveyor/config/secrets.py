"""``{ env = "NAME" }`` and ``{ file = "path" }``: secrets that stand outside the configuration."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from purveyor.config.files import read_regular
from purveyor.config.tree import is_table
from purveyor.errors.text import CUT

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from typing_extensions import TypeIs

__all__ = ["SHORTEST", "SecretError", "is_reference", "redact", "resolve"]

#: How many characters a secret has that can be told from words in a text that others made.
SHORTEST = 4

_MASK = "**********"


class SecretError(Exception):
    """A secret cannot be had. Its text names the place, never a value."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


def is_reference(value: object) -> TypeIs[dict[str, str]]:
    """Whether a value has the shape of a reference to a secret: one key, `env` or `file`, with a string."""
    if not is_table(value) or len(value) != 1:
        return False
    (key, place), *_ = value.items()
    return key in ("env", "file") and isinstance(place, str)


def resolve(reference: dict[str, str], folder: Path) -> str:
    """The secret that a reference names.

    Args:
        reference: ``{"env": name}`` or ``{"file": path}``.
        folder: Where a relative path starts.

    Returns:
        The variable's value, or the file's text without the newline at its end.

    Raises:
        SecretError: The variable is not set, or the file cannot be read.
    """
    ((kind, place),) = reference.items()
    if kind == "env":
        if place not in os.environ:
            raise SecretError(f"the secret's environment variable {place} is not set", "export it first")
        return os.environ[place]
    try:
        text = read_regular(folder / place).decode()
    except UnicodeDecodeError:
        problem = f"the secret's file {place!r} is not UTF-8"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = f"the secret's file {place!r} cannot be read: {reason}"
    else:
        return text.removesuffix("\n").removesuffix("\r")
    raise SecretError(problem, "create it, readable by this process")


def redact(text: str, secrets: Collection[str]) -> str:
    """`text` with every secret in it replaced, escaped or not, longest first: one can be a part of another.

    So is the beginning of one, where the text was cut off in the middle of it.
    """
    written = {form for secret in tuple(secrets) for form in _forms(secret)} - {""}
    for form in sorted(written, key=len, reverse=True):
        text = text.replace(form, _MASK)
    cut = text.rfind(CUT)
    while cut >= 0:
        longest = max((_overlap(text, cut, form) for form in written), default=0)
        if longest:
            text = f"{text[: cut - longest]}{_MASK}{text[cut:]}"
        cut = text.rfind(CUT, 0, cut - longest + len(CUT) - 1)
    return text


def _overlap(text: str, end: int, secret: str) -> int:
    """How many characters at the begin of a secret stand right before `end`."""
    lengths = range(min(end, len(secret) - 1), SHORTEST - 1, -1)
    return next((length for length in lengths if text.startswith(secret[:length], end - length)), 0)


def _forms(secret: str) -> tuple[str, ...]:
    one_line = " ".join(secret.split())  # as errors are told in events
    quoted = repr(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False)
    return secret, one_line, *(each[1:-1] for each in quoted)
