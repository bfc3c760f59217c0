class Column:
    def __init__(self, kind, default=None):
        self.kind = kind
        self.default = default

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, row, owner=None):
        return self if row is None else row.values.get(self.name, self.default)


class Table:
    id = Column(int)

    def __init__(self, **values):
        self.values = values

    def save(self, database):
        return database.fetch(f"insert into {type(self).__name__}")


class User(Table):
    name = Column(str)

    @classmethod
    def load(cls, values):
        return cls(**values)


class Migration:
    def __init__(self, number):
        self.number = number

    async def up(self, database):
        await database.fetch("create table t")

    async def down(self, database):
        await database.fetch("drop table t")
