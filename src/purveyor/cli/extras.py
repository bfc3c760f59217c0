"""What ``purveyor up`` lacks of the optional dependencies, told at once."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from purveyor.catalog import Catalog
from purveyor.config.profiles import lay_over, wanted_profile
from purveyor.config.source import ConfigSource, Report, find_config
from purveyor.config.tree import is_table
from purveyor.errors import ConfigError, MissingExtraError, PurveyorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["lacking_for_up"]

#: What it needs whatever the drivers are, with the extra that each comes with.
_NEEDED = {
    "click": "cli",
    "rich": "cli",
    "pydantic": "config",
    "starlette": "http",
    "uvicorn": "http",
    "prometheus_client": "metrics",
}


def lacking_for_up(config: str | None = None, profile: str | None = None) -> MissingExtraError | None:
    """The error that names all that is missing; None if only drivers can lack something.

    Args:
        config: The configuration's file, as it was given.
        profile: The profile, likewise.
    """
    missing = {module: f"purveyor[{extra}]" for module, extra in _NEEDED.items() if find_spec(module) is None}
    if not missing:
        return None
    missing |= {error.module: error.requirement for error in _lacking_for_drivers(config, profile)}
    first, *others = missing
    modules = f"{first} (and {', '.join(others)})" if others else first
    return MissingExtraError("purveyor up", modules, _together(missing.values()))


def _lacking_for_drivers(config: str | None, profile: str | None) -> Iterator[MissingExtraError]:
    """What is wrong with the configuration besides is told when all that is needed is there."""
    try:
        source = ConfigSource.read(find_config(config))
    except ConfigError:
        return
    tree = lay_over(source.tree, frozenset(), Report(source, wanted_profile(profile)[0]), "")
    providers: Any = tree["providers"]
    tables = [table for table in providers.values() if is_table(table)] if is_table(providers) else []
    catalog = Catalog()
    for driver in {str(table.get("driver")): None for table in tables}:
        if ":" not in driver:  # else it is the user's own code, and is not run for this
            try:
                catalog.load(driver)
            except MissingExtraError as error:
                yield error
            except PurveyorError:
                continue


def _together(requirements: Iterable[str]) -> str:
    extras: dict[str, set[str]] = {}
    for requirement in requirements:
        distribution, _, given = requirement.partition("[")
        extras.setdefault(distribution, set()).update(given.rstrip("]").split(","))
    return "' '".join(f"{name}[{','.join(sorted(each))}]" for name, each in extras.items())
