"""What a provider must say of itself before a manager takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from purveyor.errors import InvalidMetadataError
from purveyor.metadata import ProviderType

if TYPE_CHECKING:
    from purveyor.provider import Provider

__all__ = ["check_metadata"]


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
