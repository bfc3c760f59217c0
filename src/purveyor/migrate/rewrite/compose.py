"""The source of what a conversion adds to a class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from purveyor.migrate.rewrite.borrowed import Borrowed
    from purveyor.migrate.rewrite.decide import Decision
    from purveyor.migrate.rewrite.fields import Field

__all__ = ["Addition", "compose"]

#: What the annotation of a field takes from elsewhere.
_BORROWED = re.compile(r"\b(Any|Path|SecretStr)\b")
_DOCSTRINGS = {"initialize": "Start, as the manager calls it.", "cleanup": "Stop, as the manager calls it."}


@dataclass(frozen=True, slots=True)
class Addition:
    """What is written into and beside a class, as source.

    Args:
        name: The class's name.
        configured: What its config is called; None if it gets no `from_config`.
        config: The class of its config, to stand beside it; empty if there is one.
        config_after: Whether that stands after it, since whoever looks through its file is to find it first.
        base: The base that it gets; empty if none.
        place: How many of its bases stand before that.
        declares: Statements at the top of its body.
        builder: Its `from_config`; empty if none.
        lifecycle: Methods that call its own lifecycle.
        operations: The methods to mark, and with which decorator.
        decorator: What `operation` is called in its file.
    """

    name: str
    configured: str | None
    config: str
    base: str
    place: int
    declares: tuple[str, ...]
    builder: str
    lifecycle: tuple[str, ...]
    operations: tuple[str, ...]
    decorator: str
    config_after: bool = False


def compose(decision: Decision, borrowed: Borrowed) -> Addition:
    """Write down what a class gets.

    Args:
        decision: What becomes of it; it has changes.
        borrowed: What its file calls what it takes from elsewhere.
    """
    changes = decision.changes
    assert changes is not None
    name = decision.facts.name
    config, made = "None", ""
    construct = changes.construct
    if construct is not None:
        config = construct.config or ""
        if construct.fields is not None:
            config = borrowed.new(f"{name}Config")
            made = _config_class(config, name, construct.fields, borrowed)
            if borrowed.discovered:
                config = f'"{config}"'
        elif config == "dict[str, Any]":
            config = f"dict[str, {borrowed.take('Any')}]"
    base = ""
    if changes.base is not None:
        argument = config if construct is not None else borrowed.take("Any")
        base = f"{borrowed.take('LegacyProvider')}[{argument}]"
    builder = ""
    if construct is not None:
        arguments = construct.arguments
        if construct.uses_settings:
            arguments = arguments.replace("settings(config", f"{borrowed.take('settings')}(config")
        taken, given = (config.strip('"'), name) if borrowed.postponed else (config, f'"{name}"')
        builder = _builder(taken, given, arguments)
    return Addition(
        name,
        None if construct is None else config,
        made,
        base,
        changes.base or 0,
        tuple(_declared(attribute, source, borrowed) for attribute, source in changes.declares),
        builder,
        tuple(_lifecycle(role, called) for role, called in changes.lifecycle),
        changes.operations,
        borrowed.take("operation") if changes.operations else "",
        config_after=borrowed.discovered,
    )


def _declared(attribute: str, source: str, borrowed: Borrowed) -> str:
    if attribute == "provider_type":
        source = source.replace("ProviderType", borrowed.take("ProviderType"))
    return f"{attribute} = {source}"


def _config_class(name: str, provider: str, fields: tuple[Field, ...], borrowed: Borrowed) -> str:
    lines = [f"@{borrowed.take('dataclass')}", f"class {name}:", f'    """The config of `{provider}`."""', ""]
    for each in fields:
        annotation = _BORROWED.sub(lambda name: borrowed.take(name[0]), each.annotation)
        lines.append(f"    {each.name}: {annotation}{_assigned(each, borrowed)}")
    return "\n".join(lines) + "\n"


def _assigned(each: Field, borrowed: Borrowed) -> str:
    """What a field is assigned in its class's body."""
    if not each.hidden:
        return "" if each.default is None else f" = {each.default}"
    default = "" if each.default is None else f"default={each.default}, "
    return f" = {borrowed.take('field')}({default}repr=False)"


def _builder(taken: str, given: str, arguments: str) -> str:
    return (
        "@classmethod\n"
        f"def from_config(cls, config: {taken}) -> {given}:\n"
        '    """Build it from a typed config, by the constructor."""\n'
        f"    return cls({arguments})\n"
    )


def _lifecycle(role: str, called: str) -> str:
    call = f"self.{called}()" if called != "__aexit__" else "self.__aexit__(None, None, None)"
    return f'async def {role}(self) -> None:\n    """{_DOCSTRINGS[role]}"""\n    await {call}\n'
