"""`operation`, which marks a provider's public methods: leased and measured."""

from __future__ import annotations


def operation(function=None, /, *, idempotent=False):  # placeholder while the floor is being laid
    return function if function is not None else (lambda f: f)
