"""Profiles: tables that are laid over the rest of the configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from purveyor.config.secrets import is_reference
from purveyor.config.tree import is_table
from purveyor.errors import near_misses

if TYPE_CHECKING:
    from purveyor.config.source import Report

__all__ = ["lay_over", "wanted_profile"]

_TABLES = ("providers", "server", "supervision")


def wanted_profile(profile: str | None) -> tuple[str | None, str]:
    """The profile to use, and who named it.

    Args:
        profile: What the caller asks for; the environment variable ``PURVEYOR_PROFILE`` is asked if it is None.
    """
    if profile is not None:
        return profile, "asked for"
    return os.environ.get("PURVEYOR_PROFILE") or None, "named by PURVEYOR_PROFILE"


def lay_over(tree: dict[str, Any], reserved: frozenset[str], report: Report, named_by: str) -> dict[str, Any]:
    """The tree with the tables of the report's profile laid over it, complete, and without the profiles.

    Tables are merged key by key, all else is replaced. A provider to which the profile gives another driver
    keeps only its reserved keys, since the rest was meant for the driver it had.

    Args:
        tree: The whole configuration.
        reserved: The keys of a provider that are not its driver's.
        report: Takes what is wrong with the profiles.
        named_by: Who named the profile, for the error.
    """
    base: dict[str, Any] = {key: {} for key in _TABLES}
    base.update((key, value) for key, value in tree.items() if key != "profiles")
    profiles = tree.get("profiles", {})
    name, report.profile = report.profile, None  # what is said here is about the tables as they stand
    for key in _TABLES:
        if not is_table(base[key]):
            report.problem((key,), "expected a table")
    if not is_table(profiles):
        report.problem(("profiles",), "expected a table of profiles: [profiles.NAME]")
        return base
    for each, tables in profiles.items():
        _check(each, tables, base["providers"], report)
    if name is None:
        return base
    if name not in profiles:
        close = near_misses(name, profiles)
        declared = f"declared are {', '.join(profiles)}" if profiles else "no profile is declared"
        advice = f"did you mean {' or '.join(map(repr, close))}?" if close else declared
        report.problem(("profiles",) if profiles else (), f"there is no profile {name!r} ({named_by})", advice)
        return base
    report.profile = name
    overlay = profiles[name]
    return base if not is_table(overlay) else _merge_system(base, overlay, reserved)


def _check(name: str, tables: object, providers: object, report: Report) -> None:
    if not is_table(tables):
        report.problem(("profiles", name), "expected a table")
        return
    for key, value in tables.items():
        if key not in _TABLES:
            close = near_misses(key, _TABLES)
            advice = f"did you mean {close[0]!r}?" if close else f"a profile has the tables {', '.join(_TABLES)}"
            report.problem(("profiles", name, key), "unknown key", advice)
        elif not is_table(value):
            report.problem(("profiles", name, key), "expected a table")
        elif key == "providers" and is_table(providers):
            _check_providers(name, value, providers, report)


def _check_providers(profile: str, overlay: dict[str, Any], providers: dict[str, Any], report: Report) -> None:
    for name, table in overlay.items():
        if name in providers or not is_table(table) or "driver" in table:
            continue
        close = near_misses(name, providers)
        advice = f"did you mean {' or '.join(map(repr, close))}? A new one" if close else "a new one"
        place = ("profiles", profile, "providers", name)
        report.problem(place, f"there is no provider {name!r} to lay this over", f"{advice} needs a driver")


def _merge_system(base: dict[str, Any], overlay: dict[str, Any], reserved: frozenset[str]) -> dict[str, Any]:
    merged = dict(base)
    for key in _TABLES:
        old, new = base[key], overlay.get(key, {})
        if is_table(old) and is_table(new):
            merged[key] = _merge(_without_driver_keys(old, new, reserved) if key == "providers" else old, new)
    return merged


def _without_driver_keys(
    providers: dict[str, Any], overlay: dict[str, Any], reserved: frozenset[str]
) -> dict[str, Any]:
    kept = dict(providers)
    for name, new in overlay.items():
        old = providers.get(name)
        if is_table(old) and is_table(new) and new.get("driver", old.get("driver")) != old.get("driver"):
            kept[name] = {key: value for key, value in old.items() if key in reserved}
    return kept


def _merge(base: Any, overlay: Any) -> Any:
    if not is_table(base) or not is_table(overlay):
        return overlay
    if is_reference(base) and is_reference(overlay):  # { env } over { file } is one secret, not a table of both
        return overlay
    merged = dict(base)
    for key, value in overlay.items():
        merged[key] = _merge(base[key], value) if key in base else value
    return merged
