class Batches:
    def __init__(self, items, size):
        self.items = list(items)
        self.size = size

    def __iter__(self):
        return self

    def __next__(self):
        if not self.items:
            raise StopIteration
        batch, self.items = self.items[: self.size], self.items[self.size :]
        return batch

    def close(self):
        self.items = []
