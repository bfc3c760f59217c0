class Optimiser:
    def __init__(self, rate=0.1):
        self.rate = rate

    def step(self, gradients):
        return [-self.rate * g for g in gradients]


class Checkpointer:
    def __init__(self, folder):
        self.folder = folder

    def save(self, model, step):
        return f"{self.folder}/{step}"

    def load(self, step):
        return f"{self.folder}/{step}"


class Trainer:
    def __init__(self, runner, data, config):
        self.runner = runner
        self.data = data
        self.config = config

    def fit(self):
        for row in self.data:
            yield row


class EarlyStop(Exception):
    pass
