from __future__ import annotations

import dataclasses
import enum
import hashlib


class Access(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Document:
    key: str
    title: str
    checked_out_by: str | None = None
    revision: int = 0

    def open(self, user: str):
        if self.checked_out_by:
            raise Locked(self)
        self.checked_out_by = user

    def close(self, data: bytes):
        self.checked_out_by = None
        self.revision += 1
        return hashlib.sha256(data).hexdigest()


class Locked(Exception):
    def __init__(self, doc):
        super().__init__(f"{doc.title} is checked out by {doc.checked_out_by}")


class CaseFile:
    """A legal matter with its documents."""

    def __init__(self, number):
        self.number = number
        self.docs = []
        self.is_open = True

    def open(self):
        self.is_open = True

    def close(self):
        for d in self.docs:
            if d.checked_out_by:
                raise Locked(d)
        self.is_open = False
