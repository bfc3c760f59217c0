import io


class Tee:
    def __init__(self, first, second):
        self.first = first
        self.second = second

    def write(self, text):
        self.first.write(text)
        return self.second.write(text)

    def flush(self):
        self.first.flush()

    def close(self):
        self.first.close()
        self.second.close()


class UpperText(io.StringIO):
    def read(self, size=-1):
        return super().read(size).upper()

    def open(self):
        self.seek(0)


class AsyncFile:
    def __init__(self, path):
        self.path = path
        self.position = 0

    async def open(self):
        self.position = 0

    async def read(self, size=-1):
        return ""

    async def write(self, text):
        return len(text)

    async def seek(self, position):
        self.position = position

    def fileno(self):
        return -1

    async def close(self):
        self.position = -1
