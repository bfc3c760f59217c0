"""How much memory this process takes; a module that itself imports next to nothing."""

import os
import sys

__all__ = ["resident"]


def resident() -> int:
    """Bytes of this process in memory; where the system does not tell, the most that it ever had."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - pathlib would be measured too
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
