import json


class Row(dict):
    def load(self, text):
        self.update(json.loads(text))
        return self


class Pipeline:
    def __init__(self, steps):
        self.steps = list(steps)

    async def run(self, rows):
        for row in rows:
            for step in self.steps:
                row = await step.process(row)
            yield row


class Checkpoint:
    def __init__(self, path):
        self.path = path

    def save(self, position):
        with open(self.path, "w") as file:
            json.dump(position, file)

    def load(self):
        with open(self.path) as file:
            return json.load(file)
