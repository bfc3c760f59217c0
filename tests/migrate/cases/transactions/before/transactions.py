class Transaction:
    def __init__(self, rows):
        self.rows = rows
        self.before = None

    def begin(self):
        self.before = dict(self.rows)

    def commit(self):
        self.before = None

    def rollback(self):
        self.rows.clear()
        self.rows.update(self.before)

    def __enter__(self):
        self.begin()
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.commit()
        else:
            self.rollback()


class Savepoint(Transaction):
    def release(self):
        self.before = None
