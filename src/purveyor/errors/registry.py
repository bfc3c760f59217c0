"""Errors of the registry: names that are taken or unknown, and what cannot be registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.errors.base import PurveyorError, did_you_mean, near_misses

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "InvalidMetadataError",
    "ProviderExistsError",
    "ProviderNotFoundError",
    "ProviderTypeError",
]


class ProviderExistsError(PurveyorError, ValueError):
    """A provider of this name is registered, or is being registered or removed at this moment."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    @property
    def what(self) -> str:
        return f"Provider {self.name} already registered"

    @property
    def hint(self) -> str:
        return "unregister it first, or choose another name"


class ProviderNotFoundError(PurveyorError, ValueError, LookupError):
    """No provider of this name is registered.

    Args:
        name: The name that was asked for.
        known: The names that are registered; near misses are offered from them.
    """

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        super().__init__(name)
        self.name = name
        self._known = tuple(known)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The names that may have been meant; looked for when asked, since many a lookup is only a try."""
        return near_misses(str(self.name), self._known)

    @property
    def what(self) -> str:
        return f"Provider {self.name} not found"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.suggestions)


class ProviderTypeError(PurveyorError, TypeError):
    """A provider is not of the class that was asked for, or an object is no provider at all."""

    def __init__(self, name: str, actual: type, expected: type) -> None:
        super().__init__(name, actual, expected)
        self.name = name
        self.actual = actual
        self.expected = expected

    @property
    def what(self) -> str:
        return f"Provider {self.name} is a {self.actual.__qualname__}, not a {self.expected.__qualname__}"


class InvalidMetadataError(PurveyorError, ValueError):
    """A provider's metadata cannot be registered as it is."""

    permanent = True

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    @property
    def where(self) -> str:
        return f"metadata.{self.field}"

    @property
    def what(self) -> str:
        return self.problem
