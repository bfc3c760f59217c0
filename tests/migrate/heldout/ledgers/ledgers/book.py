from __future__ import annotations

from typing import Generic, TypeVar

EntryT = TypeVar("EntryT")


class Book(Generic[EntryT]):
    def __init__(self, options: dict[str, str]) -> None:
        self.options = options
        self.entries: list[EntryT] = []

    async def open(self) -> None:
        raise NotImplementedError("a book says how it is opened")

    async def close(self) -> None:
        raise NotImplementedError("a book says how it is closed")


class CashBook(Book[int]):
    async def open(self) -> None:
        self.entries = [0]

    async def close(self) -> None:
        self.entries = []

    async def balance(self) -> int:
        return sum(self.entries)


class Diary(Book[str]):
    async def open(self) -> None:
        self.entries = []

    async def close(self) -> None:
        self.entries = []

    async def write_entry(self, text: str) -> None:
        self.entries.append(text)


class PettyCash(CashBook):
    async def balance(self) -> int:
        return min(100, await super().balance())


class SecretDiary(Diary):
    async def write_entry(self, text: str) -> None:
        await super().write_entry(text[::-1])
