"""The shape of a config type: what pydantic's JSON Schema of it says about each place in a table."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ConfigShape", "SchemaGenerator", "Schemas"]

#: The alternatives that are allowed at one place.
Schemas = list[dict[str, Any]]

_PATHS = {"path", "file-path", "directory-path"}
_KINDS = {
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "string": "a string",
    "array": "an array",
    "object": "a table",
    "null": "",  # which TOML does not have
}
_NUMBER_OR_BOOLEAN = TypeAdapter[Any](float | bool)
_CONSTRAINTS = {"type", "const", "enum"}


class SchemaGenerator(GenerateJsonSchema):
    """Anything goes where a type has no JSON Schema (a callable, a class of the author's own)."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012  the base declares it so

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:  # noqa: D102
        return {}


class ConfigShape:
    """A config type with its validator and the questions that are asked about its places.

    Args:
        type_: The type: a dataclass, a pydantic model, a TypedDict, a dict.

    Raises:
        Exception: pydantic cannot validate the type, for whatever reason it gives.
    """

    def __init__(self, type_: Any) -> None:
        self.adapter: TypeAdapter[Any] = TypeAdapter(type_)
        self.schema = self.adapter.json_schema(schema_generator=SchemaGenerator)
        self._definitions: dict[str, dict[str, Any]] = self.schema.get("$defs", {})
        own = getattr(type_, "model_config", None) or getattr(type_, "__pydantic_config__", {})
        #: Whether unknown keys are refused by us, since the type itself does not say what to do with them.
        self.forbid_unknown = "extra" not in own
        self.root = list(self._alternatives(self.schema))

    @classmethod
    @cache
    def of(cls, type_: Any) -> ConfigShape:
        """The shape of a type, made once."""
        return cls(type_)

    def child(self, schemas: Schemas, key: str | int) -> Schemas:
        """What is allowed at a key or an index below a place."""
        found: Schemas = []
        for schema in schemas:
            if is_open(schema):
                found.append({})
            elif isinstance(key, int):
                found.extend(self._alternatives(schema.get("items", {})))
            elif key in schema.get("properties", {}):
                found.extend(self._alternatives(schema["properties"][key]))
            elif isinstance(schema.get("additionalProperties"), dict):
                found.extend(self._alternatives(schema["additionalProperties"]))
            elif takes_any_key(schema):
                found.append({})
        return found

    def keys(self, schemas: Schemas) -> list[str]:
        """The keys that are known at a place."""
        return [key for schema in schemas for key in schema.get("properties", {})]

    def path_defaults(self, schemas: Schemas) -> Iterator[tuple[str, str]]:
        """The keys at a place that hold a path and have a default, with that default."""
        for schema in schemas if len(schemas) == 1 else []:
            for key, value in schema.get("properties", {}).items():
                if isinstance(value.get("default"), str) and takes_path(
                    list(self._alternatives(value)), value["default"]
                ):
                    yield key, value["default"]

    def _alternatives(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "$ref" in schema:
            yield from self._alternatives(self._definitions[schema["$ref"].rpartition("/")[2]])
            return
        nested = [option for word in ("anyOf", "oneOf", "allOf") for option in schema.get(word, ())]
        for option in nested:
            yield from self._alternatives(option)
        if not nested:
            yield schema


def is_open(schema: dict[str, Any]) -> bool:
    """Whether anything is allowed."""
    return not schema.keys() & _CONSTRAINTS


def takes_any_key(schema: dict[str, Any]) -> bool:
    """Whether a table may have keys that its type does not name."""
    return schema.get("additionalProperties") is True


def takes_secret(schemas: Schemas) -> bool:
    """Whether a place is typed SecretStr or SecretBytes."""
    return any(schema.get("format") == "password" and schema.get("writeOnly") for schema in schemas)


def expected_instead(schemas: Schemas, value: object) -> str | None:
    """What a place takes, if `value` is a scalar of another kind that pydantic would read as one of it.

    A string that is no number is left to pydantic, since the type may have a validator of its own for it: "16 MB".
    """
    words = {str(schema.get("type")) for schema in schemas}
    numeric = bool(words & {"integer", "number"})
    if not words <= _KINDS.keys():  # anything is allowed
        wrong = False
    elif isinstance(value, bool):
        wrong = numeric and "boolean" not in words
    elif isinstance(value, (int, float)):
        wrong = "boolean" in words and not numeric
    else:
        scalars = bool(words) and words <= {"integer", "number", "boolean", "null"}
        wrong = isinstance(value, str) and scalars and _is_number_or_boolean(value)
    return " or ".join(text for word, text in _KINDS.items() if text and word in words) if wrong else None


def _is_number_or_boolean(text: str) -> bool:
    try:
        _NUMBER_OR_BOOLEAN.validate_python(text)
    except ValidationError:
        return False
    return True


def takes_table(schemas: Schemas) -> bool:
    """Whether a place can hold a table."""
    return any(schema.get("type") == "object" for schema in schemas)


def takes_path(schemas: Schemas, value: str) -> bool:
    """Whether a string at a place is a path, and not one of the words or plain strings allowed beside it."""
    if any(value == schema.get("const") or value in schema.get("enum", ()) for schema in schemas):
        return False
    strings = [
        schema for schema in schemas if schema.get("type") == "string" and not schema.keys() & {"const", "enum"}
    ]
    return bool(strings) and all(schema.get("format") in _PATHS for schema in strings)
