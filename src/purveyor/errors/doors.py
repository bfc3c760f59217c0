"""Errors of the doors: the command line and HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purveyor.errors.base import PurveyorError
from purveyor.errors.data import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FileInTheWayError",
    "ItemNotFoundError",
    "ListenError",
    "NotRunningError",
    "RemoteError",
    "RuntimeFolderError",
]


class ItemNotFoundError(DataError, LookupError):
    """A memory provider holds no item of this key.

    Args:
        provider: The provider's name.
        key: The key that was asked for.
        namespace: The namespace in which it was looked for.
    """

    def __init__(self, provider: str, key: str, namespace: Sequence[str] = ()) -> None:
        super().__init__(provider, key, namespace)
        self.provider = provider
        self.key = key
        self.namespace = tuple(namespace)

    @property
    def where(self) -> str:
        return f"{self.provider} {'/'.join((*self.namespace, self.key))}"

    @property
    def what(self) -> str:
        return "no such item"

    @property
    def hint(self) -> str | None:
        if self.namespace:
            return None
        listing = f"`purveyor memory list {self.provider}`"
        return f"it may stand in a namespace: give it with --namespace; {listing} shows all"


class FileInTheWayError(PurveyorError, FileExistsError):
    """A local file would be overwritten, which was not asked for."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @property
    def where(self) -> str:
        return self.path

    @property
    def what(self) -> str:
        return "there is a file already"

    @property
    def hint(self) -> str:
        return "--force replaces it"


class ListenError(PurveyorError):
    """The admin server cannot listen at this address.

    Args:
        address: The address that was asked for: ``"0.0.0.0:8765"``.
        problem: What is wrong with it.
        advice: What to do instead.
    """

    def __init__(self, address: str, problem: str, advice: str | None = None) -> None:
        super().__init__(address, problem, advice)
        self.address = address
        self.problem = problem
        self.advice = advice

    @property
    def where(self) -> str:
        return self.address

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice


class RuntimeFolderError(PurveyorError):
    """The folder of the records by which running processes are found is not this user's alone.

    Args:
        folder: The folder.
        problem: What is wrong with it.
    """

    def __init__(self, folder: str, problem: str) -> None:
        super().__init__(folder, problem)
        self.folder = folder
        self.problem = problem

    @property
    def where(self) -> str:
        return self.folder

    @property
    def what(self) -> str:
        return f"the folder of runtime records {self.problem}"

    @property
    def hint(self) -> str:
        return "remove it, or set XDG_RUNTIME_DIR to a folder of yours that nobody else may enter"


class NotRunningError(PurveyorError):
    """A command is for a running ``purveyor up``, and there is none of this configuration.

    Args:
        source: The configuration's file, or the folder where the embedded one would run.
        reason: What is known of one that there was.
    """

    def __init__(self, source: str, reason: str | None = None) -> None:
        super().__init__(source, reason)
        self.source = source
        self.reason = reason

    @property
    def where(self) -> str:
        return self.source

    @property
    def what(self) -> str:
        return f"no `purveyor up` runs it{f': {self.reason}' if self.reason else ''}"

    @property
    def hint(self) -> str:
        return "start it, or name the configuration that it was started with: --config"


class RemoteError(PurveyorError):
    """A running ``purveyor up`` could not do what it was asked.

    Args:
        kind: The class of the error there.
        problem: What is wrong.
        place: Where.
        advice: What to do.
    """

    def __init__(self, kind: str, problem: str, place: str | None = None, advice: str | None = None) -> None:
        super().__init__(kind, problem, place, advice)
        self.kind = kind
        self.problem = problem
        self.place = place
        self.advice = advice

    @property
    def where(self) -> str | None:
        return self.place

    @property
    def what(self) -> str:
        return self.problem

    @property
    def hint(self) -> str | None:
        return self.advice
