"""What an `OSError` of the file system means to a caller."""

from __future__ import annotations

import errno
import os

from purveyor.errors import DataError, StoreError, StoreFullError, StorePermissionError

_FULL = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "raise the quota, or make room",
    errno.EFBIG: "raise the limit of a file's size, or put a smaller object",
}
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_ADVICE = {
    errno.ENOTDIR: "a folder must be there: name another root, or move away what is there",
    errno.EEXIST: "a folder must be there: name another root, or move away what is there",
    errno.EXDEV: "a folder below the root is on another file system: give it a provider of its own",
    errno.EMFILE: "this process has too many files open: raise its limit (ulimit -n)",
    errno.ENFILE: "the system has too many files open",
    errno.ENOENT: "if the folder .purveyor below the root has been removed, initialize the provider again",
    errno.EIO: "the device may be failing; what was acknowledged before is not affected by this error",
}


def typed(error: OSError | DataError, store: str) -> DataError:
    """The error to raise in place of one from the operating system; one of our own stays as it is.

    Args:
        error: What was raised.
        store: The backend and where it is.
    """
    if isinstance(error, DataError):
        return error
    reason = os.strerror(error.errno) if error.errno else str(error)
    problem = f"{reason}: {os.fsdecode(error.filename)}" if isinstance(error.filename, str | bytes) else reason
    if error.errno in _FULL:
        return StoreFullError(store, problem, _FULL[error.errno])
    if error.errno in _DENIED:
        return StorePermissionError(store, problem, "let this process read and write below the root")
    return StoreError(store, problem, _ADVICE.get(error.errno) if error.errno else None)
