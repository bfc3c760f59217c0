"""Values as JSON: what a call is given, made anew in each process.

Two forms stand beside JSON's own: ``{"$path": "notes.db"}`` is a path in the play's own folder, and ``{"$call":
"package.module:Name", "args": [...], "kwargs": {...}}`` is what a call gives, of a class or of any function.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, TypeAlias

__all__ = ["Spec", "label", "make", "reference", "resolve"]

Spec: TypeAlias = Any


def make(spec: Spec, folder: str) -> Any:
    """The value that a specification stands for.

    Args:
        spec: JSON, with the two forms above.
        folder: Where its paths lead.
    """
    if isinstance(spec, list):
        return [make(each, folder) for each in spec]
    if not isinstance(spec, dict):
        return spec
    if "$path" in spec:
        return os.path.normpath(os.path.join(folder, spec["$path"]))  # noqa: PTH118 - it is a text that is wanted
    if "$call" in spec:
        args, kwargs = make(spec.get("args", []), folder), make(spec.get("kwargs", {}), folder)
        return resolve(spec["$call"])(*args, **kwargs)
    return {key: make(each, folder) for key, each in spec.items()}


def resolve(name: str) -> Any:
    """What ``package.module:Outer.Inner`` names."""
    module, _, qualname = name.partition(":")
    found: Any = import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def reference(cls: Any) -> str:
    """The name under which `resolve` finds it."""
    return f"{cls.__module__}:{cls.__qualname__}"


def label(method: str, args: list[Spec], kwargs: dict[str, Spec]) -> str:
    """A call for people."""
    told = [_told(each) for each in args] + [f"{name}={_told(each)}" for name, each in kwargs.items()]
    text = f"{method}({', '.join(told)})"
    return text if len(text) <= 100 else text[:99] + "…"


def _told(spec: Spec) -> str:
    if isinstance(spec, list):
        return f"[{', '.join(_told(each) for each in spec)}]"
    if not isinstance(spec, dict):
        return repr(spec)
    if "$path" in spec:
        return f"<{spec['$path']}>"
    if "$call" in spec:
        return label(spec["$call"].rpartition(":")[2], spec.get("args", []), spec.get("kwargs", {}))
    return f"{{{', '.join(f'{key!r}: {_told(each)}' for key, each in spec.items())}}}"
