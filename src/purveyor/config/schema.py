"""JSON Schema of the whole file, for completion and validation in editors."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from purveyor.catalog import Catalog, config_type
from purveyor.config.load import NAME, RESERVED, ReservedKeys
from purveyor.config.model import ServerConfig, Supervision
from purveyor.config.shape import SchemaGenerator
from purveyor.config.tree import is_array, is_table
from purveyor.errors import DriverLoadError, MissingExtraError

__all__ = ["json_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SECRET = {
    "description": "A secret that stands outside this file.",
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "env": {"type": "string", "description": "The environment variable that holds it."},
        "file": {"type": "string", "description": "The file that holds it."},
    },
}
_INTERPOLATED = {"type": "string", "pattern": r"\$\{", "description": "Taken from the environment."}


def json_schema(catalog: Catalog | None = None) -> dict[str, Any]:
    """The JSON Schema of a configuration file, from the drivers that are installed.

    Drivers whose code cannot be imported, and classes named by their place, may have any keys.

    Args:
        catalog: The drivers; the installed ones if None.

    Returns:
        A schema of draft 2020-12, ready for `json.dumps`.
    """
    types: dict[str, Any] = {}
    others: list[str] = []
    catalog = catalog or Catalog()
    for name in catalog.names:
        try:
            types[name] = config_type(catalog.load(name))
        except (DriverLoadError, MissingExtraError):
            others.append(name)
    schemas, definitions = _schemas(
        {**types, "": ReservedKeys, ":server": ServerConfig, ":supervision": Supervision}
    )
    reserved = schemas[""]["properties"]
    definitions["secret"] = _SECRET
    choices = [_driver(name, schemas[name], reserved) for name in types]
    named = {"anyOf": [{"pattern": "^[A-Za-z0-9_.]+:[A-Za-z0-9_.]+$"}, *({"const": name} for name in others)]}
    choices.append({"properties": {**reserved, "driver": {**reserved["driver"], **named}}, "required": ["driver"]})
    providers = {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": {"type": "object", "anyOf": choices},
    }
    overlaid = {"type": "object", "additionalProperties": {"type": "object", "properties": reserved}}
    tables = {"server": schemas[":server"], "supervision": schemas[":supervision"]}
    return {
        "$schema": _DIALECT,
        "title": "Purveyor configuration",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "version": {"const": 1, "description": "The version of the format."},
            "providers": {**providers, "description": "What the application depends on, by name."},
            **tables,
            "profiles": {
                "type": "object",
                "description": "Tables that are laid over the others when their profile is chosen.",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"providers": overlaid, **tables},
                },
            },
        },
        "$defs": definitions,
    }


def _schemas(types: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The schema of each type, and the definitions they share."""
    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = []
    for name, type_ in types.items():
        try:
            adapters.append((name, "validation", TypeAdapter(type_)))
        except Exception:
            adapters.append((name, "validation", TypeAdapter(dict[str, Any])))
    keyed, shared = TypeAdapter.json_schemas(adapters, schema_generator=SchemaGenerator)
    definitions: dict[str, Any] = shared.get("$defs", {})
    schemas: dict[str, dict[str, Any]] = {}
    for (name, _), schema in keyed.items():
        while "$ref" in schema:
            schema = definitions[schema["$ref"].rpartition("/")[2]]  # noqa: PLW2901
        schemas[name] = _as_written(schema)
    return schemas, _as_written(definitions)


def _driver(name: str, config: dict[str, Any], reserved: dict[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in config.get("properties", {}).items() if key not in RESERVED}
    driver = {**reserved["driver"], "const": name}
    return {
        "title": name,
        "description": config.get("description", ""),
        "properties": {**own, **reserved, "driver": driver},
        "required": ["driver", *config.get("required", ())],
        "additionalProperties": config.get("additionalProperties", False),
    }


def _as_written(schema: Any) -> Any:
    """A schema of values as one of what may be written for them: references to secrets and the environment."""
    if is_array(schema):
        return [_as_written(item) for item in schema]
    if not is_table(schema):
        return schema
    schema = {key: _as_written(value) for key, value in schema.items()}
    if schema.get("format") == "password":
        return _or(schema, {"$ref": "#/$defs/secret"})
    if schema.get("type") in ("integer", "number", "boolean") or "enum" in schema:
        return _or(schema, _INTERPOLATED)
    return schema


def _or(schema: dict[str, Any], alternative: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {key: schema.pop(key) for key in ("title", "description", "default") if key in schema}
    return {**about, "anyOf": [schema, alternative]}
