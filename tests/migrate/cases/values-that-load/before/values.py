import json


class Document:
    def __init__(self, title, body=""):
        self.title = title
        self.body = body

    @classmethod
    def load(cls, text):
        return cls(**json.loads(text))

    @classmethod
    def open(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls.load(file.read())

    def save(self):
        return json.dumps(vars(self))


class Interval:
    def __init__(self, start, stop):
        self.start = start
        self.stop = stop

    def __contains__(self, value):
        return self.start <= value < self.stop


class Serializer:
    def dump(self, value):
        return json.dumps(value)

    def load(self, text):
        return json.loads(text)
