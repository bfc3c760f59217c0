"""The fields of a config that is to be written: their types, their defaults, and which of them are secret.

A legacy constructor takes whatever it is given. So a type is only as narrow as the source says, a default never
contradicts it, and where nothing fits, the field may be anything and the constructor's own default holds.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from purveyor.migrate.rewrite.keys import Key

__all__ = [
    "Field",
    "field_of_key",
    "field_of_parameter",
    "is_field",
    "is_literal",
    "is_plain",
    "is_reserved",
    "is_secret",
    "may_be_secret",
    "ordered",
    "quoted",
    "without_none",
]

#: The keys of a provider's table that are not its driver's, as in `purveyor.config`, whose import takes long.
_RESERVED = frozenset(
    ("driver", "type", "description", "version", "capabilities", "labels", "needs", "required", "policy")
)

_SCALAR = r"str|int|float|bool|bytes"
_ITEMS = rf"({_SCALAR}|Any|object|(pathlib\.)?Path|, |\.\.\.|[dD]ict|[lL]ist|\[|\])+"
_PLAIN = re.compile(
    rf"({_SCALAR}|Any|(pathlib\.)?Path"
    r"|((typing\.|t\.)?(list|dict|set|frozenset|tuple|List|Dict|Set|FrozenSet|Tuple|Sequence|Mapping|Iterable))"
    rf"(\[{_ITEMS}\])?)"
)
#: The types that a field takes over from a parameter.
_KEPT = re.compile(rf"{_SCALAR}|Path|(list|dict|set|frozenset|tuple)(\[{_ITEMS}\])?")

#: What a key without a default is called whose value is text, or a number.
_TEXT_WORDS = re.compile(
    r"(?!token_bucket$)(.*_)?(host|hostname|url|uri|dsn|endpoint|path|folder|directory|file|filename|name|username|bucket|region|prefix)"
)
_NUMBER_WORDS = re.compile(r"(.*_)?port")
#: What is counted, so that it is a whole number if its default is one; other numbers may have a fraction.
_WHOLE_WORDS = re.compile(
    r"(?!rate_limit$)(.*_)?(port|size|limit|count|capacity|retries|attempts|workers|threads|connections|entries|items|keys|tokens|length|depth"
    r"|dimensions?|bytes|bits|db|database|seed|pages?|rows|offset|index|level|quality|width|height|number)"
)
#: Switches that may as well be a path: whom to trust.
_TRUST_WORDS = re.compile(r"(.*_)?(verify|ssl|tls|cert)")

_SECRETS = {
    *(
        (each,)
        for each in ("password", "passwd", "pwd", "passphrase", "passcode", "secret", "token", "apikey", "jwt")
    ),
    *((each, "key") for each in ("access", "account", "api", "auth", "encryption", "master", "private", "secret")),
    *(("shared", "key"), ("signing", "key"), ("bearer",), ("connection", "string")),
    *(("secret", "id"), ("secret", "value"), ("token", "value")),
}
#: What may hold secrets, in a form that the name does not tell.
_SECRETIVE = {
    (each,) for each in ("auth", "authorization", "credential", "credentials", "pass", "cookie", "cookies")
}
#: What stands before tokens that are counted or written into a text.
_TOKENS_OF_TEXT = {
    *("bos", "completion", "cost", "eos", "input", "max", "min", "n", "new", "num"),
    *("output", "pad", "per", "prompt", "special", "stop", "total"),
}


#: What fields below would mean something else by, if one had such a name.
_IN_ANNOTATIONS = {
    *("str", "int", "float", "bool", "bytes", "list", "dict", "set", "frozenset", "tuple", "object"),
    *("Any", "Path", "SecretStr", "field"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a typed config that is to be written.

    Args:
        name: Its name.
        annotation: The source of its type, with ``Any``, ``Path`` and ``SecretStr`` by these names.
        default: The source of its default; None if it must be given.
        hidden: Whether it may hold a secret in a form that is not known: the config's `repr` leaves it out.
    """

    name: str
    annotation: str
    default: str | None
    hidden: bool = False


def field_of_key(key: Key) -> Field:
    """The field for a key that a constructor reads from its dictionary."""
    if key.required:
        return _field(key.name, key.annotation, None)
    default = next(iter(key.defaults)) if len(key.defaults) == 1 else "None"
    return _field(key.name, key.annotation, default, converted=key.converted)


def field_of_parameter(name: str, annotation: str | None, default: str | None) -> Field:
    """The field for a parameter of a constructor.

    Args:
        name: What it is called.
        annotation: The source of its type.
        default: The source of its default.
    """
    return _field(name, annotation, default)


def ordered(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Fields with those first that must be given, as a dataclass wants it."""
    return tuple(sorted(fields, key=lambda each: each.default is not None))


def is_field(name: str) -> bool:
    """Whether a key can be the name of a dataclass's field."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("__")
        and name not in _IN_ANNOTATIONS
    )


def is_literal(default: str) -> bool:
    """Whether the source of a default is a literal of a plain type."""
    return _value_of(default) is not None


def is_plain(annotation: str) -> bool:
    """Whether a configuration file can give what an annotation asks for."""
    return _PLAIN.fullmatch(annotation) is not None


def is_reserved(name: str) -> bool:
    """Whether a key of a provider's table says something to Purveyor, so that its driver never gets it."""
    return name in _RESERVED


def quoted(text: str) -> str:
    """A string as source, in double quotes where that is as easy to read."""
    source = repr(text)
    return source if '"' in text or "\\" in source else f'"{text}"'


def is_secret(name: str) -> bool:
    """Whether a value is a secret text, which the last word of its name tells: ``api_key``, ``clientSecret``.

    What only speaks of secrets (``token_lifetime``, ``password_min_length``) is none.
    """
    words = _words(name)
    return not _counts_tokens(words) and (words[-1:] in _SECRETS or words[-2:] in _SECRETS)


def may_be_secret(name: str) -> bool:
    """Whether a value may be or hold a secret in whatever form: ``api_keys``, ``credentials``, ``auth``."""
    words = _words(name)
    if _counts_tokens(words) or is_secret(name):
        return False
    one = tuple(each.removesuffix("s") for each in words)
    return words[-1:] in _SECRETIVE or one[-1:] in _SECRETS or one[-2:] in _SECRETS


def _words(name: str) -> tuple[str, ...]:
    """The words of a name: ``("client", "secret")`` of ``clientSecret``."""
    return tuple(each.lower() for each in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name))


def _counts_tokens(words: tuple[str, ...]) -> bool:
    """Whether tokens are those of a text."""
    return words[-1:] in (("token",), ("tokens",)) and not _TOKENS_OF_TEXT.isdisjoint(words)


def without_none(annotation: str) -> str:
    """A type without that it may be None."""
    text = annotation.strip()
    if match := re.fullmatch(r"(?:typing\.|t\.)?Optional\[(.*)\]", text, re.DOTALL):
        return match[1].strip()
    return re.sub(r"^None\s*\|\s*|\s*\|\s*None$", "", text)


def _field(name: str, annotation: str | None, default: str | None, *, converted: bool = False) -> Field:
    """A field.

    Args:
        name: Its name.
        annotation: What the source says of its type.
        default: The source of its default; None if it must be given.
        converted: Whether the constructor itself makes the value what the annotation says.
    """
    required = default is None
    kept = _kept(annotation)
    value = None if default is None else _value_of(default)
    if kept == "Any" and value is not None:
        kept = _type_of(name, value)
    elif kept == "Any" and (required or default == "None"):
        kept = "str" if _TEXT_WORDS.fullmatch(name) else "int" if _NUMBER_WORDS.fullmatch(name) else "Any"
    elif value is not None and not _agrees(value, kept):
        value = _number(value, kept) if converted else None
        kept = kept if value is not None else "Any"
    if is_secret(name) and kept in ("Any", "str"):
        return Field(name, "SecretStr" if required else "SecretStr | None", None if required else "None")
    hidden = may_be_secret(name) and kept not in ("bool", "int", "float", "int | float")
    if default is None:
        return Field(name, kept, None, hidden)
    if value is None:
        return Field(name, kept if kept == "Any" else f"{kept} | None", "None", hidden)
    if isinstance(value, str):
        default = quoted(value)
    elif default[:1] in "'\"":  # a text that is a number now
        default = repr(value)
    return Field(name, kept, default, hidden)


def _kept(annotation: str | None) -> str:
    """What a field takes over of an annotation."""
    text = without_none(annotation) if annotation else "Any"
    text = re.sub(r"\b(typing|t|pathlib)\.", "", text)
    text = re.sub(r"\b(List|Dict|Set|FrozenSet|Tuple)\b", lambda match: match[1].lower(), text)
    return text if _KEPT.fullmatch(text) else "Any"


def _type_of(name: str, value: Any) -> str:
    """The type of a key whose default is a literal."""
    if type(value) is int and not _WHOLE_WORDS.fullmatch(name):
        return "int | float"
    if type(value) is bool and _TRUST_WORDS.fullmatch(name):
        return "bool | str"
    return type(value).__name__


def _agrees(value: Any, annotation: str) -> bool:
    """Whether a value is of an annotated type."""
    return type(value).__name__ == annotation or (type(value) is int and annotation == "float")


def _number(value: Any, annotation: str) -> int | float | None:
    """The number that a constructor makes of a text, as it would of one from a file."""
    if not isinstance(value, str) or annotation not in ("int", "float"):
        return None
    try:
        number = float(value) if annotation == "float" else int(value)
    except ValueError:
        return None
    return number if repr(number).lstrip("-")[:1].isdigit() else None


def _value_of(default: str) -> str | bytes | int | float | None:
    """The value of a literal of a plain type; None if the source is anything else."""
    try:
        value: Any = ast.literal_eval(default)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if type(value) in (str, bytes, int, float, bool) else None
