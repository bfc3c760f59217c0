import aiosqlite


class Database:
    def __init__(self, url, **options):
        self.url = url
        self.options = options
        self._connection = None

    async def connect(self):
        self._connection = await aiosqlite.connect(self.url)

    async def disconnect(self):
        await self._connection.close()

    async def fetch(self, sql, *values):
        async with self._connection.execute(sql, values) as cursor:
            return [Record(zip("ab", row)) for row in await cursor.fetchall()]

    def transaction(self):
        return Transaction(self)


class Transaction:
    def __init__(self, database):
        self.database = database

    async def __aenter__(self):
        await self.database.fetch("begin")
        return self

    async def __aexit__(self, kind, error, trace):
        await self.database.fetch("rollback" if kind else "commit")


class Record(dict):
    def __getattr__(self, name):
        return self[name]
