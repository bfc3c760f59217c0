import csv

from etl import Step


class CsvSource(Step):
    async def setup(self):
        self.rows = list(csv.DictReader(self.options.get("text", "").splitlines()))

    async def process(self, row):
        return self.rows.pop(0) if self.rows else None


class Upper(Step):
    async def process(self, row):
        return {key: value.upper() for key, value in row.items()}


class Null(Step):
    async def process(self, row):
        return None
