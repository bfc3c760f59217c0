"""`storage.local`: objects as plain files below a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  # the config layer reads the annotation
from typing import TYPE_CHECKING, ClassVar

from purveyor.errors import StoreError, StoreFullError, StorePermissionError, UnsupportedError
from purveyor.metadata import Health
from purveyor.storage.provider import StorageProvider

if TYPE_CHECKING:
    from purveyor.storage.local.files import LocalFiles

__all__ = ["LocalConfig", "LocalStorage"]


@dataclass(frozen=True)
class LocalConfig:
    """Where `LocalStorage` keeps its objects."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "use_attribute_docstrings": True}

    root: Path
    """The folder that holds the objects; it is made if it is missing."""


class LocalStorage(StorageProvider[LocalConfig]):
    """Objects as plain files below a folder, safe against crashes and against paths that lead elsewhere.

    Files that other tools put there are objects too, if their names are valid paths; content types are guessed
    from the name unless given. What Purveyor itself needs lies in ``.purveyor`` below the folder.

    - A put is written to a temporary file, synced, renamed into place, and its folder synced: readers see the
      old object or the new one, and what was acknowledged survives a crash of the process or of the machine.
    - Symbolic links below the folder are never followed: a path through one raises `PathObstructedError`.
    - Conditions are exact between the threads and processes that use Purveyor on this folder.
    - On a file system ``a`` and ``a/b`` cannot both be objects; the second put raises `PathObstructedError`.
    - Where the file system takes ``A`` and ``a`` for the same name, so does this storage.

    It needs a POSIX system. ``presign`` is not among its capabilities.
    """

    provider_version: ClassVar[str] = "1"
    provider_reload = "swap"

    _files: LocalFiles

    async def _initialize_storage(self) -> None:
        if os.name != "posix":
            raise UnsupportedError("storage.local", f"the operating system {os.name!r}")
        from purveyor.storage.local.files import LocalFiles  # noqa: PLC0415  # needs fcntl, which is POSIX only

        files = LocalFiles(self.config.root)
        await files.open()
        self._storage = self._files = files

    async def check(self) -> Health:
        """Whether the folder is still where it was and takes files; how much room there is, in bytes.

        One that only cannot be written to (it is full, or read-only) is degraded: what it holds can be read, and
        no restart would make room.
        """
        if self._storage is None:
            return Health.unhealthy("it is not open")
        try:
            return Health.healthy(root=str(self.config.root), free_bytes=await self._files.check())
        except (StoreFullError, StorePermissionError) as error:
            return Health.degraded(f"nothing can be written: {error}")
        except StoreError as error:
            return Health.unhealthy(str(error))

    async def _cleanup_storage(self) -> None:
        self._storage = None
        await self._files.close()
