"""What a call of a legacy registry asks for: the words that a class is registered under, and a config."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from enum import Enum
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

from purveyor.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Key", "Wanted", "kept", "key_of", "request_of", "words_of"]

#: What a class is registered under: its type, or its capability and type.
Key: TypeAlias = tuple[str, ...]

#: What legacy code calls the words of a key, when it names them.
_NAMES = ("capability", "provider_type", "type", "provider_name", "name")


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """The config that a provider was asked for with."""

    config: Any

    def is_for(self, config: Any) -> bool:
        """Whether another config is the same."""
        return self.config is config or (type(self.config) is type(config) and _is_equal(self.config, config))


def key_of(
    args: tuple[Any, ...], kwargs: dict[str, Any], known: Collection[Key] | None = None
) -> tuple[Key, list[Any]]:
    """The words of a call, and its other arguments.

    One or two words stand at the beginning of the arguments, or among the keywords, or one in each.

    Args:
        args: The arguments.
        kwargs: The keywords; those that are words are taken out.
        known: What is registered, for a call the other keywords of which are a config: ``name="x"`` may be of
            either.
    """
    key = words_of(takewhile(_is_word, args[:2]))
    rest = [*args[len(key) :]]
    is_named = not key
    for name in _NAMES if is_named else _NAMES[1:]:  # what stands alone before a type is the capability
        if len(key) < 2 and _is_word(kwargs.get(name)):
            longer = (*key, *words_of([kwargs[name]]))
            is_meant = is_named or name == "provider_type"  # and not of a config
            if known is None or longer in known or (is_meant and key not in known):
                key = longer
                del kwargs[name]
    return key, rest


def request_of(args: tuple[Any, ...], kwargs: dict[str, Any], known: Collection[Key]) -> tuple[Key, Any]:
    """The key and the config of a call.

    Raises:
        InvalidInputError: There is no type, or more than a config.
    """
    key, rest = key_of(args, kwargs, known)
    config = rest.pop(0) if rest else kwargs.pop("config", None)
    if not key or rest or (kwargs and config is not None and not isinstance(config, Mapping)):
        raise InvalidInputError("get_provider", "takes a type and a config", "get_provider('local', {...})")
    return key, ({**(config or {}), **kwargs} if kwargs else config)


def words_of(words: Any) -> Key:
    """Words, or members of an enum, as a key."""
    return tuple(str(word.value if isinstance(word, Enum) else word) for word in words)


def kept(config: Any) -> Any:
    """A copy, since its caller may change a config and ask for another one.

    What cannot be copied, or has no equality by which its copy could be found again, is known by its identity.
    """
    try:
        return _copied(config)
    except RecursionError:  # it holds itself
        return config


def _copied(config: Any) -> Any:
    if type(config) is dict:
        return {key: _copied(value) for key, value in config.items()}
    if type(config) in (list, tuple):
        return type(config)(map(_copied, config))
    try:
        copied = copy.deepcopy(config)
    except Exception:  # it holds a connection, a lock
        return config
    return copied if _is_equal(copied, config) else config


def _is_equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:  # an array's equality has no truth
        return False


def _is_word(value: Any) -> bool:
    return isinstance(value, (str, Enum))
