"""Plays for a class: from calls that somebody wrote, and from what can be made up where nobody did."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

from purveyor.migrate.verify.child.plausible import CannotMakeUpError, MakeUp, signature_of
from purveyor.migrate.verify.child.reading import keys_read, models_made
from purveyor.migrate.verify.child.specs import reference
from purveyor.migrate.words import LIFECYCLE_NAMES, OPENS, closes_for, forms, opening_word

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Derived", "Providers", "derive"]

_WRITES = (
    "put",
    "set",
    "store",
    "save",
    "add",
    "create",
    "write",
    "insert",
    "register",
    "upsert",
    "append",
    "push",
)
_REMOVES = ("delete", "remove", "clear", "purge", "drop", "evict", "reset", "pop", "flush", "expire", "prune")


class Providers:
    """How converted classes are built: to be tried out, and as parameters of one another.

    Args:
        keys: By ``module:Class``, the keys that its settings must have, with their types as texts.
        builds: By ``module:Class``, the arguments with which it was built before, so that it worked.
    """

    def __init__(self, keys: Mapping[str, Mapping[str, str]], builds: Mapping[str, dict[str, Any]]) -> None:
        self._keys = keys
        self._builds = builds

    def making_up(self, cls: type, name: str) -> MakeUp:
        """What makes up values for a class, whose settings are of its own."""
        return MakeUp({**keys_read(_own(cls)), **self._keys.get(name, {})}, self.build)

    def build(self, cls: type, depth: int) -> dict[str, Any] | None:
        """The arguments for a class that is a parameter's type; None if it is none of these.

        Args:
            cls: The class.
            depth: How many classes are being built around it.

        Raises:
            CannotMakeUpError: There are none.
        """
        name = reference(cls)
        if name not in self._keys:
            return None
        return self._builds.get(name) or _construction(cls, self.making_up(cls, name), depth)


class Derived:
    """What is to be played, and what cannot be.

    Args:
        cls: The class.
        name: Its name as ``module:Class``.
        providers: How it is built.
    """

    def __init__(self, cls: type, name: str, providers: Providers) -> None:
        self.plays: list[dict[str, Any]] = []
        self.skipped: list[dict[str, str]] = []
        self._cls = cls
        self._name = name
        self._members = _members(_own(cls))
        self._up = providers.making_up(cls, name)
        asynchronous = any(_is_async(member) for member in self._members.values())
        self._context = "async" if asynchronous else "sync"
        self._opens = self._first(OPENS, "__aenter__", "__enter__")
        self._closes = self._first(closes_for(opening_word(self._opens or "")), "__aexit__", "__exit__")

    def fill(self, seeds: list[dict[str, Any]], *, scripted: bool) -> None:
        """Make the plays.

        Args:
            seeds: ``build`` and ``calls`` that somebody wrote; none to have all made up.
            scripted: Whether they are all that is to be called.
        """
        if inspect.isabstract(self._cls):
            methods = ", ".join(sorted(getattr(self._cls, "__abstractmethods__")))  # noqa: B009 - type checkers do not know it
            self._skip("", f"it is abstract: {methods}")
            return
        try:
            builds = [seed["build"] for seed in seeds] or [_construction(self._cls, self._up)]
            opening, closing = self._lifecycle()
        except CannotMakeUpError as error:
            self._skip("", str(error))
            return
        for seed in seeds:
            calls = seed["calls"]
            if not scripted:  # tests open and close in their fixtures, or not at all
                calls = [call for call in calls if not self._opens_or_closes(call["method"])]
            if not any(self._opens_or_closes(call["method"]) for call in calls):
                calls = [*opening, *calls, *closing]
            self._add(seed["build"], calls, "calls")
        if not scripted:
            called = {call["method"] for seed in seeds for call in seed["calls"]}
            operations = self._operations(called)
            if operations or not seeds:
                self._add(builds[0], [*opening, *operations, *closing], "calls")
        self._add(builds[0], [*opening, *closing, *opening, *closing, *closing], "lifecycle")
        self.plays[-1]["roles"] = _roles(opening, closing)

    def _opens_or_closes(self, name: str) -> bool:
        return name in {self._opens, self._closes} or (name in self._members and self._is_twin(name))

    def _add(self, build: dict[str, Any], calls: list[dict[str, Any]], kind: str) -> None:
        self.plays.append(
            {"class": self._name, "kind": kind, "context": self._context, "build": build, "calls": calls}
        )

    def _skip(self, member: str, reason: str) -> None:
        self.skipped.append({"class": self._name, "member": member, "reason": reason})

    def _lifecycle(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        opening = [self._call(self._opens)] if self._opens else []
        closing = [self._call(self._closes)] if self._closes else []
        for name in self._members:
            if self._opens_or_closes(name) and name not in {self._opens, self._closes}:
                self._skip(name, "another name of the lifecycle")
        return opening, closing

    def _call(self, name: str) -> dict[str, Any]:
        if name in {"__aexit__", "__exit__"}:
            return {"method": name, "args": [None, None, None], "kwargs": {}}
        return {"method": name, **self._arguments(name)}

    def _arguments(self, name: str) -> dict[str, Any]:
        member = self._members[name]
        if isinstance(member, (property, functools.cached_property)):
            return {"args": [], "kwargs": {}}
        if isinstance(member, staticmethod):
            return self._up.arguments(member.__func__)
        function = member.__func__ if isinstance(member, classmethod) else member
        return self._up.arguments(function, bound=True)

    def _operations(self, called: set[str]) -> list[dict[str, Any]]:
        """Calls of the public members that nobody calls: what writes first, what removes last."""
        calls: list[dict[str, Any]] = []
        for name in sorted(self._members, key=_rank):
            if name.startswith("_") or name in called or self._opens_or_closes(name):
                continue
            try:
                calls.append(self._call(name))
            except CannotMakeUpError as error:
                self._skip(name, str(error))
        return calls

    def _first(self, names: tuple[str, ...], *managers: str) -> str | None:
        """The member that opens or closes: the first of these words, in whichever form."""
        candidates = [each for name in names for each in reversed(forms(name)) if each in self._members]
        candidates += [name for name in managers if name in self._members]
        return next(iter(sorted(candidates, key=self._wants)), None)

    def _is_twin(self, name: str) -> bool:
        """Whether it opens or closes as well; what wants arguments, as ``load(key)``, is an operation."""
        return name in LIFECYCLE_NAMES and not self._wants(name)

    def _wants(self, name: str) -> bool:
        """Whether it must be given something; for the methods of a context manager that is known."""
        member = self._members[name]
        if name.startswith("__") or not inspect.isfunction(member):
            return False
        parameters = list(signature_of(member).parameters.values())[1:]
        variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return any(each.default is each.empty and each.kind not in variadic for each in parameters)


def derive(cls: type, name: str, seeds: list[dict[str, Any]], *, scripted: bool, providers: Providers) -> Derived:
    """What to play on a class.

    Args:
        cls: The class.
        name: Its name as ``module:Class``.
        seeds: ``build`` and ``calls`` that somebody wrote.
        scripted: Whether they are all that is to be called.
        providers: How it is built, and those that it wants.
    """
    derived = Derived(cls, name, providers)
    derived.fill(seeds, scripted=scripted)
    return derived


def _construction(cls: type, up: MakeUp, depth: int = 0) -> dict[str, Any]:
    call = up.arguments(cls, depth=depth)
    constructor = signature_of(cls)
    for parameter in constructor.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            for model in models_made(cls, parameter.name):
                made = up.typed(model, parameter.name, depth)
                call["kwargs"].update(zip(signature_of(model).parameters, made["args"], strict=False))
                call["kwargs"].update(made["kwargs"])
            if not call["args"]:
                call["kwargs"].update(up.named("kwargs"))
    return call


def _roles(opening: list[Any], closing: list[Any]) -> list[str]:
    """What each step of a lifecycle's play is there for."""
    opens, closes = ["open"] * len(opening), ["close"] * len(closing)
    again = [f"{role} again" for role in (*opens, *closes)]
    return ["build", *opens, *closes, *again, *(["close twice"] * len(closing))]


def _own(cls: type) -> list[type]:
    """A class and its bases, as far as they are the project's."""
    return [each for each in cls.__mro__ if _is_own(each, cls)]


def _is_own(cls: type, of: type) -> bool:
    """Whether a base belongs to the project: it comes from where the class does, and not from a library."""
    if cls is object or cls.__module__.partition(".")[0] == "purveyor":
        return False
    file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    return cls is of or (
        "site-packages" not in file and cls.__module__.partition(".")[0] not in sys.stdlib_module_names
    )


def _members(classes: list[type]) -> dict[str, Any]:
    """Methods and properties, by name: the class's own first."""
    members: dict[str, Any] = {}
    for cls in classes:
        for name, member in vars(cls).items():
            if inspect.isfunction(member) or isinstance(
                member, (staticmethod, classmethod, property, functools.cached_property)
            ):
                members.setdefault(name, member)
    return members


def _is_async(member: Any) -> bool:
    function = inspect.unwrap(getattr(member, "__func__", member)) if callable(member) else None
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _rank(name: str) -> int:
    verb = name.removeprefix("async_").partition("_")[0]
    for verbs, rank in ((_WRITES, 0), (_REMOVES, 2)):
        if verb in verbs or verb.removeprefix("a") in verbs:
            return rank
    return 1
