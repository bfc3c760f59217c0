class Countdown:
    def __init__(self, start):
        self.start = start
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left

    def close(self):
        self.left = 0


class Stream:
    def __init__(self, source):
        self.source = source

    def __aiter__(self):
        return self

    async def __anext__(self):
        for item in self.source:
            return item
        raise StopAsyncIteration

    async def aclose(self):
        self.source = ()


class Lazy:
    def __init__(self, load):
        self.load = load

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        value = instance.__dict__[self.name] = self.load(instance)
        return value
