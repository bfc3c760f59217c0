"""Arguments and options that several commands have, and how their texts are read."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "WholeNumber",
    "metadata_option",
    "optional_provider_argument",
    "parse_json",
    "provider_argument",
    "provider_names",
    "ttl_option",
    "where_option",
]


class WholeNumber(click.IntRange):
    """A whole number between two bounds; who gives another value is told both."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Called by click."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"expected a whole number from {self.min} to {self.max}, not {value!r}", param, ctx)


def provider_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument NAME: a provider that the configuration declares; shells complete it."""
    return click.argument("name", shell_complete=provider_names)(command)


def optional_provider_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument NAME, which may be left out."""
    return click.argument("name", required=False, shell_complete=provider_names)(command)


def metadata_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --metadata, which gathers KEY=VALUE pairs into a dictionary, None without any."""
    return click.option(
        "--metadata", metavar="KEY=VALUE", multiple=True, callback=_pairs, help="Keep this with it; repeatable."
    )(command)


def ttl_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --ttl, which gives seconds: a number of them, or one with a unit, as in the configuration."""
    return click.option(
        "--ttl",
        metavar="DURATION",
        callback=_seconds,
        help="Let it expire after so many seconds, or 500ms, 30s, 5m, 1h.",
    )(command)


def where_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --where, a filter of items."""
    return click.option(
        "--where", metavar="JSON", callback=_filter, help='A filter, such as \'{"page": {"$gt": 1}}\'.'
    )(command)


def parse_json(text: str) -> Any:
    """A JSON document; unlike `json.loads`, one whose objects have each key once.

    Raises:
        ValueError: It is none.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is there twice")
    return found


def _seconds(_: click.Context, param: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - not every command needs it

    from purveyor.policy.model import Duration  # noqa: PLC0415 - likewise

    given: float | str = text
    with suppress(ValueError):
        given = float(text)
    try:
        return TypeAdapter[float](Duration).validate_python(given)
    except ValidationError as error:
        problem = error.errors()[0]["msg"].removeprefix("Value error, ")
    raise click.BadParameter(f"{problem}; this is {text!r}", param=param)


def _filter(_: click.Context, param: click.Parameter, text: str | None) -> Any:
    try:
        return None if text is None else parse_json(text)
    except ValueError as error:
        raise click.BadParameter(f"this is not JSON: {error}", param=param) from None


def _pairs(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE", param=param)
        if key in found:
            raise click.BadParameter(f"the key {key!r} is there twice", param=param)
        found[key] = text
    return found or None


def provider_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The names that the configuration declares, for shells that complete one."""
    # Drivers are not imported for this: a shell waits at each press of the tabulator.
    from purveyor.config.source import ConfigSource, find_config  # noqa: PLC0415
    from purveyor.errors import ConfigError  # noqa: PLC0415

    settings = ctx.find_root().obj
    try:
        source = ConfigSource.read(find_config(settings.config if settings else None))
    except ConfigError:
        return []
    names = list[str](source.tree.get("providers", ()))
    return [name for name in names if name.startswith(incomplete)]
