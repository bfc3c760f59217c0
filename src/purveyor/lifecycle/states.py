"""The transition table: which status may follow which."""

from __future__ import annotations

from purveyor.metadata import ProviderStatus as S

__all__ = ["SERVING", "SETTLED", "TRANSITIONS"]

TRANSITIONS: dict[S, frozenset[S]] = {
    S.REGISTERED: frozenset({S.STARTING, S.STOPPED}),
    S.STARTING: frozenset({S.READY, S.FAILED, S.STOPPED}),
    S.READY: frozenset({S.DEGRADED, S.RELOADING, S.STOPPING, S.FAILED}),
    S.DEGRADED: frozenset({S.READY, S.RELOADING, S.STOPPING, S.FAILED}),
    S.RELOADING: frozenset({S.READY, S.DEGRADED, S.FAILED, S.STOPPING}),
    S.FAILED: frozenset({S.RELOADING, S.STOPPING}),
    S.STOPPING: frozenset({S.STOPPED, S.FAILED}),
    S.STOPPED: frozenset(),
}

#: In these a provider serves operations; while it reloads, they wait for it.
SERVING = frozenset({S.READY, S.DEGRADED, S.RELOADING})

#: In these nothing of its lifecycle is under way.
SETTLED = frozenset({S.READY, S.DEGRADED})
