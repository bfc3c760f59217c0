"""Tables of a configuration, checked and typed by pydantic; its errors told in the words of the file.

No text made here quotes a value: it could be a secret.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import PurePath
from types import NoneType
from typing import TYPE_CHECKING, Any

from pydantic import SecretBytes, SecretStr, ValidationError

from purveyor.config.secrets import SecretError, is_reference, redact, resolve
from purveyor.config.shape import (
    ConfigShape,
    expected_instead,
    is_open,
    takes_any_key,
    takes_path,
    takes_secret,
    takes_table,
)
from purveyor.config.tree import is_array, is_table
from purveyor.errors import InvalidInputError, near_misses
from purveyor.errors.base import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pydantic_core import ErrorDetails

    from purveyor.config.shape import Schemas
    from purveyor.config.source import Report
    from purveyor.config.tree import KeyPath

__all__ = ["INVALID", "validate"]

#: What `validate` returns for a table that is not valid.
INVALID: Any = object()

_UNKNOWN_KEY = {"extra_forbidden", "unexpected_keyword_argument"}
_MISSING = "is missing, and has no default"
_MISSING_KEY = {"missing", "missing_argument", "missing_keyword_only_argument"}
_TABLE_EXPECTED = {"dataclass_type", "dict_type", "mapping_type", "model_type", "model_attributes_type"}
_EXPECTED = {
    **dict.fromkeys(_TABLE_EXPECTED, "expected a table"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "expected an array"),
    **dict.fromkeys(("bytes_type", "string_type"), "expected a string"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "expected true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "expected an integer"),
    **dict.fromkeys(("float_type", "float_parsing"), "expected a number"),
    "path_type": "expected a path",
}
_TOML_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a float"),
    (str, "a string"),
    (dict, "a table"),
    (list, "an array"),
    (dt.date, "a date"),
    (dt.time, "a time"),
    ((SecretStr, SecretBytes), "a secret"),
)
#: A part of what an `InvalidInputError` calls its argument: ``value.prices[3]``.
_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_REFER = 'refer to it: { env = "NAME" } or { file = "path" }'


def validate(
    type_: Any,
    table: dict[str, Any],
    path: KeyPath,
    report: Report,
    *,
    interpolated: Collection[KeyPath] = (),
    siblings: Iterable[str] = (),
    others: Collection[str] = (),
) -> Any:
    """Turn a table into an instance of a config type.

    Secrets are resolved and handed over wrapped; relative paths are resolved against the source's folder;
    unknown keys are refused unless the type itself says what to do with them (pydantic's `extra`).

    Args:
        type_: A dataclass, a pydantic model, a TypedDict or a dict; None's type takes an empty table.
        table: The table.
        path: Where it stands.
        report: Takes the problems and warnings.
        interpolated: The places whose strings come from the environment rather than from the source: they may
            be read as numbers and booleans.
        siblings: Further keys that are known at this place, for near misses.
        others: Further keys that stand at this place, and may be meant by one that is missing.

    Returns:
        The instance, or `INVALID` after something was reported.
    """
    if type_ is NoneType:
        for key in table:
            report.problem((*path, key), "unknown key", _did_you_mean(key, siblings))
        return INVALID if table else None
    try:
        shape = ConfigShape.of(type_)
    except Exception as error:  # pydantic and the type's own hooks raise all kinds
        name = getattr(type_, "__qualname__", str(type_))
        reason = str(error).partition("\n")[0]
        report.problem(path, f"its config type {name} cannot be read from a configuration: {reason}")
        return INVALID
    foreign = {place[len(path) :] for place in interpolated if place[: len(path)] == path}
    prepared = _Prepared(shape, table, report, foreign)
    report.secrets |= prepared.texts
    value, details = _try(prepared)
    bytes_wanted = {prepared.place(each) for each in details if each["type"] == "bytes_type"} & prepared.secrets
    if bytes_wanted:  # the key is typed SecretBytes
        prepared = _Prepared(shape, table, report, foreign, bytes_wanted)
        value, details = _try(prepared)
    found = [*prepared.problems, *_explain(details, prepared, siblings)]
    for place, problem, advice in found:
        meant = _meant_by(place, path, others, report) if problem == _MISSING else advice
        report.problem((*path, *place), problem, meant)
    if found:
        return INVALID
    for place in prepared.plain_secrets:
        if place not in foreign:
            report.warning((*path, *place), "a secret stands here in plain text", _REFER)
    return value


def _try(prepared: _Prepared) -> tuple[Any, list[ErrorDetails]]:
    validate_python = prepared.shape.adapter.validate_python
    try:
        if prepared.shape.forbid_unknown:
            try:
                return validate_python(prepared.table, extra="forbid"), []
            except ValidationError as error:
                # This `extra` holds for every table inside, also for those that allow more by themselves.
                details = [each for each in error.errors(include_url=False) if not prepared.is_allowed(each)]
            if details:
                return INVALID, details
        return validate_python(prepared.table), []
    except ValidationError as error:
        return INVALID, error.errors(include_url=False)
    except Exception as error:  # a validator of the driver's own is broken
        message = f"Value error, its config was refused with {type(error).__name__}: {error}"
        return INVALID, [{"type": "value_error", "loc": (), "msg": message, "input": None}]


class _Prepared:
    """A table with its secrets and paths resolved, ready for pydantic."""

    def __init__(
        self,
        shape: ConfigShape,
        table: dict[str, Any],
        report: Report,
        interpolated: Collection[KeyPath],
        as_bytes: Collection[KeyPath] = (),
    ) -> None:
        self.shape = shape
        self.problems: list[tuple[KeyPath, str, str | None]] = []
        self.secrets: set[KeyPath] = set()
        self.plain_secrets: list[KeyPath] = []
        self.texts: set[str] = set()  # of all secrets, to keep them out of messages
        self._folder = report.source.folder
        self._interpolated = interpolated
        self._as_bytes = as_bytes
        self.table = self._value(table, shape.root, ())

    def place(self, detail: ErrorDetails) -> KeyPath:
        """Where an error is: pydantic's location without the tags of unions."""
        path: KeyPath = ()
        value: Any = self.table
        for part in detail["loc"]:
            child = _child(value, part)
            if child is not INVALID:  # else it is the tag of a union
                value = child
                path = (*path, part)
        return (*path, detail["loc"][-1]) if detail["type"] in _MISSING_KEY else path

    def is_allowed(self, detail: ErrorDetails) -> bool:
        """Whether an error is about a key in a table whose type takes any."""
        return detail["type"] in _UNKNOWN_KEY and any(map(takes_any_key, self.schemas(self.place(detail)[:-1])))

    def schemas(self, path: KeyPath) -> Schemas:
        """What is allowed at a place."""
        schemas = self.shape.root
        for part in path:
            schemas = self.shape.child(schemas, part)
        return schemas

    def _value(self, value: Any, schemas: Schemas, path: KeyPath) -> Any:
        if is_reference(value) and path:
            return self._reference(value, schemas, path)
        if is_table(value) and takes_secret(schemas) and not takes_table(schemas):
            self._check_misspelt_reference(value, path)
        elif is_table(value):
            prepared = {
                key: self._value(child, self.shape.child(schemas, key), (*path, key))
                for key, child in value.items()
            }
            for key, default in self.shape.path_defaults(schemas):
                prepared.setdefault(key, str(self._folder / default))
            return prepared
        if is_array(value):
            return [
                self._value(child, self.shape.child(schemas, index), (*path, index))
                for index, child in enumerate(value)
            ]
        if path not in self._interpolated and (expected := expected_instead(schemas, value)):
            self.problems.append((path, f"expected {expected}, not {_toml_type(value)}", None))
        elif isinstance(value, str) and takes_secret(schemas):
            self.plain_secrets.append(path)
            self.texts.add(value)
        elif isinstance(value, (str, PurePath)) and takes_path(schemas, str(value)):
            if not str(value) or "\0" in str(value):
                self.problems.append((path, "expected a path", None))
            else:
                return type(value)(self._folder / value)
        return value

    def _check_misspelt_reference(self, table: dict[str, Any], path: KeyPath) -> None:
        for key in table:
            if key not in ("env", "file"):
                close = near_misses(key, ("env", "file"))
                self.problems.append(
                    (path, f"unknown key {key!r}", f"did you mean {close[0]!r}?" if close else _REFER)
                )

    def _reference(self, reference: dict[str, str], schemas: Schemas, path: KeyPath) -> Any:
        if schemas and not takes_secret(schemas) and not any(map(is_open, schemas)):
            if takes_table(schemas):  # a table that happens to have just this key
                return {
                    key: self._value(reference[key], self.shape.child(schemas, key), (*path, key))
                    for key in reference
                }
            problem = (
                "a secret cannot be given here: the driver would show it, since this key is not typed SecretStr"
            )
            self.problems.append((path, problem, "a value that is no secret can be given as ${NAME}"))
            return reference
        try:
            text = resolve(reference, self._folder)
        except SecretError as error:
            self.problems.append((path, error.problem, error.advice))
            return reference
        self.secrets.add(path)
        self.texts.add(text)
        return SecretBytes(text.encode()) if path in self._as_bytes else SecretStr(text)


def _explain(
    details: list[ErrorDetails], prepared: _Prepared, siblings: Iterable[str]
) -> list[tuple[KeyPath, str, str | None]]:
    """The errors of pydantic, one for each place: the alternatives of a union belong together."""
    known = [place for place, _, _ in prepared.problems]
    found: dict[KeyPath, dict[str, str | None]] = {}
    for detail in details:
        place = prepared.place(detail)
        text, advice = _words(detail, place, prepared, siblings)
        refused = detail.get("ctx", {}).get("error")
        if isinstance(refused, InvalidInputError):
            place, text, advice = _words_of_the_type(refused, place, prepared)
        if any(place[: len(wrong)] == wrong for wrong in known):
            continue  # what is wrong there has been said
        found.setdefault(place, {}).setdefault(text, advice)
    return [(place, _either(list(texts)), next(iter(texts.values()))) for place, texts in found.items()]


def _words_of_the_type(
    error: InvalidInputError, place: KeyPath, prepared: _Prepared
) -> tuple[KeyPath, str, str | None]:
    """What a config type's own check says, at the key that it is about."""
    advice = error.advice and redact(error.advice, prepared.texts)
    parts = tuple(int(index) if index else key for key, index in _PART.findall(error.argument))
    if parts and parts[0] in prepared.shape.keys(prepared.schemas(place)):
        return (*place, *parts), redact(error.problem, prepared.texts), advice
    return place, redact(f"{error.argument} {error.problem}", prepared.texts), advice


def _words(
    detail: ErrorDetails, place: KeyPath, prepared: _Prepared, siblings: Iterable[str]
) -> tuple[str, str | None]:
    kind = detail["type"]
    if kind in _UNKNOWN_KEY:
        known = prepared.shape.keys(prepared.schemas(place[:-1]))
        return "unknown key", _did_you_mean(str(place[-1]), [*known, *(siblings if len(place) == 1 else ())])
    if kind in _MISSING_KEY:
        return _MISSING, None
    advice = _REFER if takes_secret(prepared.schemas(place)) else None
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, not {_toml_type(detail['input'])}", advice
    if kind in ("value_error", "assertion_error"):  # the driver's own words, after "Value error, "
        return redact(detail["msg"].partition(", ")[2], prepared.texts), advice
    if kind in ("literal_error", "enum"):
        words = [word for schema in prepared.schemas(place) for word in _words_of(schema)]
        close = near_misses(detail["input"], words) if isinstance(detail["input"], str) else ()
        return detail["msg"].replace("Input should be ", "expected ", 1), advice or did_you_mean(close)
    text = redact(detail["msg"], prepared.texts).replace("Input should be ", "expected ", 1)
    return text[:1].lower() + text[1:], advice


def _meant_by(place: KeyPath, path: KeyPath, others: Collection[str], report: Report) -> str | None:
    close = near_misses(str(place[0]), others)
    if len(place) > 1 or not close:
        return None
    line = report.source.problem((*path, close[0]), "", profile=report.profile).line
    return f"did you mean it by {close[0]!r}{f' (line {line})' if line else ''}?"


def _either(texts: list[str]) -> str:
    first, *others = texts
    if not all(text.startswith("expected ") for text in texts):
        return "; ".join(texts)
    cut = [text.removeprefix("expected ").partition(", not ") for text in others]
    head, comma, got = first.partition(", not ")
    return " or ".join([head, *(words for words, _, _ in cut)]) + comma + got


def _words_of(schema: dict[str, Any]) -> list[str]:
    return [word for word in (*schema.get("enum", ()), schema.get("const")) if isinstance(word, str)]


def _child(value: Any, part: str | int) -> Any:
    if isinstance(part, str):
        return value.get(part, INVALID) if is_table(value) else INVALID
    return value[part] if is_array(value) and part < len(value) else INVALID


def _toml_type(value: object) -> str:
    return next((name for kind, name in _TOML_TYPES if isinstance(value, kind)), f"a {type(value).__name__}")


def _did_you_mean(word: str, known: Iterable[str]) -> str | None:
    known = list(dict.fromkeys(known))
    known_words = f"known are {', '.join(sorted(known))}" if known else None
    return did_you_mean(near_misses(word, known)) or known_words
