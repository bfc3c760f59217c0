"""Memory in a SQLite file: durable, searched by text, shared by several processes of one machine.

`provider` is what a user configures, with the store that hands work to threads; `worker` is such a thread;
`database` is what runs on it; `schema` opens and checks the file; `text` is about words, and `index` about the
index of them.
"""

from __future__ import annotations

from purveyor.memory.sqlite.provider import SQLiteConfig, SQLiteMemory

__all__ = ["SQLiteConfig", "SQLiteMemory"]
