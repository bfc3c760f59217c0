"""Scripts: the calls that are to be played on both sides, written by hand.

A script is a JSON file with a list. Each element is a series of calls on one object::

    [
      {
        "class": "memory.providers.local:LocalProvider",
        "build": {"args": [{"path": {"$path": "entries.json"}}], "kwargs": {}},
        "calls": [
          {"method": "initialize"},
          {"method": "put", "args": ["a", {"n": 1}], "kwargs": {"ttl": 60}},
          {"method": "get", "args": ["a"]},
          {"method": "cleanup"}
        ]
      }
    ]

``build`` and ``calls`` may be left out, and so may ``args`` and ``kwargs``. Where the calls name no method of the
lifecycle, the object is opened before them and closed after them. An attribute that is no method gives its value.

Two forms stand for what JSON has no word for: ``{"$path": "entries.json"}`` is a path in a folder of the series'
own, as text, and ``{"$call": "package.module:Name", "args": [], "kwargs": {}}`` is what a call of that class or
function gives.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from purveyor.errors import CallScriptError
from purveyor.migrate.change.places import whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_script"]


def read_script(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Read a script.

    Args:
        path: The file.

    Returns:
        Series of calls by class, all parts present.

    Raises:
        CallScriptError: It cannot be read, or is no script.
    """
    try:
        data: object = json.loads(whole(path))
    except OSError as error:
        raise CallScriptError(str(path), error.strerror or "it cannot be read") from error
    except (ValueError, RecursionError) as error:
        raise CallScriptError(str(path), f"it is no JSON: {error}") from error
    return _Reader(str(path)).series(data)


class _Reader:
    """Checks a script, and says where it is wrong."""

    def __init__(self, file: str) -> None:
        self._file = file

    def series(self, data: object) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for number, each in enumerate(self._list(data, "the script")):
            place = f"[{number}]"
            entry = self._object(each, place, {"class", "build", "calls"})
            name = entry.get("class")
            if not isinstance(name, str) or not all(name.partition(":")):
                raise CallScriptError(self._file, "names no class as module:Class", f"{place}.class")
            calls = self._list(entry.get("calls", []), f"{place}.calls")
            found.setdefault(name, []).append(
                {
                    "build": self._arguments(entry.get("build", {}), f"{place}.build", {}),
                    "calls": [self._call(call, f"{place}.calls[{n}]") for n, call in enumerate(calls)],
                }
            )
        return found

    def _call(self, data: object, place: str) -> dict[str, Any]:
        entry = self._object(data, place, {"method", "args", "kwargs"})
        method = entry.get("method")
        if not isinstance(method, str) or not method.isidentifier():
            raise CallScriptError(self._file, "names no method", f"{place}.method")
        return self._arguments({key: entry[key] for key in entry if key != "method"}, place, {"method": method})

    def _arguments(self, data: object, place: str, more: dict[str, Any]) -> dict[str, Any]:
        entry = self._object(data, place, {"args", "kwargs"})
        args = self._list(entry.get("args", []), f"{place}.args")
        kwargs = self._object(entry.get("kwargs", {}), f"{place}.kwargs", None)
        self._check((args, kwargs), place)
        return {**more, "args": args, "kwargs": kwargs}

    def _check(self, value: Any, place: str) -> None:
        """Whether paths stay where they belong, and calls name something."""
        if isinstance(value, (list, tuple)):
            for each in value:
                self._check(each, place)
        elif isinstance(value, dict):
            entry = cast("dict[str, Any]", value)
            path, call = entry.get("$path", ""), entry.get("$call", "a:b")
            if not isinstance(path, str) or path.startswith("/") or ".." in path.split("/"):
                raise CallScriptError(self._file, f"the path {path!r} leads out of its folder", place)
            if not isinstance(call, str) or not all(call.partition(":")):
                raise CallScriptError(self._file, f"{call!r} names nothing as module:name", place)
            self._check(list(entry.values()), place)

    def _list(self, value: object, place: str) -> list[Any]:
        if not isinstance(value, list):
            raise CallScriptError(self._file, "is no list", place)
        return value

    def _object(self, value: object, place: str, keys: set[str] | None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise CallScriptError(self._file, "is no object", place)
        entry = cast("dict[str, Any]", value)
        if keys is not None and (unknown := sorted(entry.keys() - keys)):
            raise CallScriptError(self._file, f"does not know {', '.join(map(repr, unknown))}", place)
        return entry
