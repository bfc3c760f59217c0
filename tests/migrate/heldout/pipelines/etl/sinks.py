import asyncpg
from etl import *


class PostgresSink(Step):
    async def setup(self):
        self.pool = await asyncpg.create_pool(self.options["dsn"])

    async def process(self, row):
        if not row:
            raise StepError("no row")
        async with self.pool.acquire() as connection:
            await connection.execute("insert into rows values ($1)", row)
        return row

    async def teardown(self):
        await self.pool.close()
