"""What is different between two configurations, and what it takes to get from one to the other."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from purveyor.config.tree import dotted, is_array, is_table
from purveyor.errors import NeedsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from purveyor.config.model import ProviderSpec, SystemConfig
    from purveyor.config.tree import KeyPath

__all__ = ["Action", "Change", "ConfigDiff", "diff"]

#: What becomes of a provider: it is started or stopped; its next generation is built beside it and takes over
#: (``swap``), or it is cleaned up first (``in_place``); only its policy changes; it is started again, since it has
#: failed; or nothing is done but to remember what is declared.
Action = Literal["start", "stop", "swap", "in_place", "policy", "restart", "note"]


@dataclass(frozen=True, slots=True)
class Change:
    """What changes about one provider.

    Args:
        name: The provider.
        kind: Whether the new configuration has it and the old one has not, the reverse, or both have it.
        action: What becomes of it.
        keys: The keys of its table that changed, dotted: ``"path"``, ``"policy.timeout"``. Never a value.
        replaced: Whether another object takes over, built by a class or with metadata that are new.
    """

    name: str
    kind: Literal["added", "removed", "changed"]
    action: Action
    keys: tuple[str, ...] = ()
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    """What changes from one configuration to another; false if no provider does.

    Args:
        changes: Those added and changed, in the order of the new configuration, then those removed.
        unchanged: The providers that stay as they are.
        unavailable: Optional providers whose driver cannot be imported; what runs of them is left as it is.
        postponed: The keys outside of providers that changed, dotted; they count from the next start on.
    """

    changes: tuple[Change, ...] = ()
    unchanged: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()
    postponed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def names(self, kind: Literal["added", "removed", "changed"]) -> tuple[str, ...]:
        """The providers with this kind of change."""
        return tuple(change.name for change in self.changes if change.kind == kind)

    def restarting(self, names: Collection[str]) -> ConfigDiff:
        """The same, but for some that are unchanged, which are started again."""
        again = [Change(name, "changed", "restart") for name in self.unchanged if name in names]
        unchanged = tuple(name for name in self.unchanged if name not in names)
        return replace(self, changes=(*self.changes, *again), unchanged=unchanged) if again else self


def diff(old: SystemConfig, new: SystemConfig) -> ConfigDiff:
    """Compare two configurations.

    Args:
        old: What runs.
        new: What is to run.
    """
    before, after = _wired(old), _wired(new)
    changes: list[Change] = []
    unchanged: list[str] = []
    for spec in after.values():
        change = _compare(before[spec.name], spec) if spec.name in before else Change(spec.name, "added", "start")
        if change is None:
            unchanged.append(spec.name)
        else:
            changes.append(change)
    declared = {*new.names, *new.unavailable}
    changes += [Change(name, "removed", "stop") for name in before if name not in declared]
    postponed = (
        dotted(key)
        for each in fields(new)
        if each.name not in _ABOUT_PROVIDERS
        for key in _differences(getattr(old, each.name), getattr(new, each.name), (each.name,))
    )
    return ConfigDiff(tuple(changes), tuple(unchanged), tuple(new.unavailable), tuple(postponed))


#: What of a configuration is compared provider by provider, or is no part of what it says.
_ABOUT_PROVIDERS = {"source", "profile", "providers", "unavailable", "warnings", "secrets"}

#: What a provider's metadata are made of.
_METADATA = ("type", "description", "version", "capabilities", "labels")


def _wired(config: SystemConfig) -> dict[str, ProviderSpec]:
    """The providers, with needs wired also where that is left to a capability: another one may answer for it."""
    try:
        graph = config.graph()
    except NeedsError:  # of what runs, somebody has taken something away
        return {spec.name: spec for spec in config.providers}
    return {
        spec.name: replace(spec, needs={edge.role: edge.target for edge in graph.needs(spec.name)})
        for spec in config.providers
    }


def _compare(old: ProviderSpec, new: ProviderSpec) -> Change | None:
    def differing(*names: str) -> list[KeyPath]:
        return [key for name in names for key in _differences(getattr(old, name), getattr(new, name), (name,))]

    reclassed = old.provider_class is not new.provider_class
    own = (
        [] if reclassed else list(_differences(old.config, new.config, ()))
    )  # the keys of another class mean nothing
    metadata = differing(*(("labels",) if reclassed else _METADATA))  # the others are the class's, if not declared
    needs, policy = differing("needs"), differing("policy")
    keys = [*differing("driver"), *own, *metadata, *needs, *differing("required"), *policy]
    replaced = reclassed or bool(metadata)
    if not keys and not replaced:
        return None
    action: Action = "note"
    if replaced or own or needs:
        action = new.policy.reload or new.provider_class.provider_reload
    elif policy:
        action = "policy"
    return Change(new.name, "changed", action, tuple(map(dotted, keys)), replaced)


def _differences(old: Any, new: Any, path: KeyPath) -> Iterator[KeyPath]:
    """The places at which two values differ: down to the keys of tables, while arrays are taken as a whole."""
    before, after = _children(old), _children(new)
    if before is None or after is None or type(old) is not type(new):
        if not _is_equal(old, new):
            yield path
        return
    for key in {**before, **after}:
        if key in before and key in after:
            yield from _differences(before[key], after[key], (*path, key))
        else:
            yield (*path, key)


def _children(value: Any) -> Mapping[str, Any] | None:
    """What a table holds, whether it is still one or was read into a dataclass or a pydantic model."""
    if is_table(value):
        return value
    if is_dataclass(value):
        # What is no part of a comparison, or is worked out from the rest, was not configured.
        return {each.name: getattr(value, each.name) for each in fields(value) if each.init and each.compare}
    known = getattr(type(value), "model_fields", None)
    if known is not None:
        return {name: getattr(value, name) for name in known} | (value.model_extra or {})
    return None


def _is_equal(old: Any, new: Any) -> bool:
    if type(old) is not type(new):  # to who takes a plain table, true is not 1
        return False
    if is_array(old):
        return len(old) == len(new) and not any(
            key for pair in zip(old, new, strict=True) for key in _differences(*pair, ("",))
        )
    try:
        return bool(old == new)
    except Exception:  # the author's own class cannot tell
        return False
