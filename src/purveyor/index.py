"""`ProviderIndex`: which providers answer for a key, in registration order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from purveyor.provider import Provider

__all__ = ["ProviderIndex"]

K = TypeVar("K", bound="Hashable")


class ProviderIndex(Generic[K]):
    """Providers by key. A query costs the size of its answer, a change costs the number of the provider's keys.

    Attributes:
        answers: The answers since the last change, ready to be copied: the fast path of a query.
    """

    __slots__ = ("_lock", "_names", "_providers", "_ranks", "answers")

    def __init__(self) -> None:
        self._lock = threading.Lock()  # for everything but the fast path
        self.answers: dict[K, list[Provider[Any]]] = {}
        self._providers: dict[K, dict[str, Provider[Any]]] = {}
        self._names: dict[str, tuple[K, ...]] = {}
        self._ranks: dict[str, int] = {}

    def add(self, keys: Iterable[K], name: str, provider: Provider[Any], rank: int) -> None:
        """Have a provider answer for these keys from now on, whatever becomes of its metadata.

        Args:
            keys: What it answers for.
            name: Its name.
            provider: The provider.
            rank: Its place among all in registration order, since they may become ready in another one.
        """
        keys = tuple(keys)
        if not keys:
            return
        with self._lock:
            self._names[name] = keys
            self._ranks[name] = rank
            for key in keys:
                providers = self._providers.get(key)
                if providers is None:
                    providers = self._providers[key] = {}
                providers[name] = provider
                self.answers.pop(key, None)

    def remove(self, name: str) -> None:
        """Have a provider answer for nothing any more."""
        if name not in self._names:
            return
        with self._lock:
            del self._ranks[name]
            for key in self._names.pop(name):
                providers = self._providers[key]
                del providers[name]
                if not providers:
                    del self._providers[key]
                self.answers.pop(key, None)

    def find(self, key: K) -> list[Provider[Any]]:
        """The providers that answer for a key, as a list of the caller's own."""
        with self._lock:
            providers = self._providers.get(key)
            if providers is None:
                return []  # not kept: words that nobody answers for are without number
            ranked = sorted(providers, key=self._ranks.__getitem__)
            answer = self.answers[key] = [providers[name] for name in ranked]
            return answer.copy()
