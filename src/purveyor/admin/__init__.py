"""The HTTP endpoints of a running system: liveness, readiness, metrics."""
