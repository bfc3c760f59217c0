from aurora.monitoring.tracing import ConsoleTrace, ListTrace

_KINDS = {"console": ConsoleTrace, "list": ListTrace}


def create_trace(kind, config=None):
    return _KINDS[kind](config)


__all__ = ["ConsoleTrace", "ListTrace", "create_trace"]
