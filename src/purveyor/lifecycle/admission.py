"""What a manager is told of a provider, checked before it takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from purveyor.errors import InvalidInputError, InvalidMetadataError, ProviderTimeoutError
from purveyor.metadata import ProviderType
from purveyor.policy import Policy

if TYPE_CHECKING:
    from purveyor.provider import Provider

__all__ = ["check_metadata", "check_policy", "refuse_abandoned"]


def check_metadata(provider: Provider[Any]) -> None:
    """Refuse metadata that nothing could be looked up by.

    Raises:
        InvalidMetadataError: The name, the type or the capabilities are not what they must be.
    """
    metadata = provider.metadata
    if not isinstance(metadata.name, str) or not metadata.name:
        raise InvalidMetadataError("name", f"it must be a string that is not empty, not {metadata.name!r}")
    if not isinstance(metadata.type, ProviderType):
        raise InvalidMetadataError("type", f"it must be a ProviderType, not {metadata.type!r}")
    words = metadata.capabilities
    if not isinstance(words, (list, tuple, set, frozenset)) or (
        words and not all(isinstance(word, str) for word in words)
    ):
        raise InvalidMetadataError("capabilities", f"it must be a list of strings, not {words!r}")


def refuse_abandoned(provider: Provider[Any], name: str) -> None:
    """Refuse an instance that an abandoned task is still at work on: two would be in each other's way.

    Raises:
        ProviderTimeoutError: So it is.
    """
    if provider._abandoned is not None:
        task, step, seconds = provider._abandoned
        if not task.get_loop().is_closed():
            raise ProviderTimeoutError(name, step, seconds, abandoned=True)


def check_policy(policy: object) -> None:
    """Refuse what is no policy, as the table of a configuration file.

    Raises:
        InvalidInputError: It is something else, not None either.
    """
    if policy is None or isinstance(policy, Policy):
        return
    values = policy.items() if isinstance(policy, dict) else ()
    told = ", ".join(
        f"{key}={value!r}" if isinstance(value, (int, float)) else f"{key}=..." for key, value in values
    )
    raise InvalidInputError(
        "policy", f"is a {type(policy).__name__}, not a Policy", f"write Policy({told or '...'})"
    )
