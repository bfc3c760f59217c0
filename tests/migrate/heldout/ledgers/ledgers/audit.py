from ledgers.book import Book, CashBook


class Audit:
    def __init__(self, book: Book[int]) -> None:
        self.book = book

    async def run(self) -> bool:
        return isinstance(self.book, CashBook) and await self.book.balance() >= 0


class AuditFailed(AssertionError):
    pass
