import onnxruntime


class Runner:
    def __init__(self, config):
        self.config = config
        self.session = None

    async def load(self):
        self.session = onnxruntime.InferenceSession(self.config["path"])

    async def unload(self):
        self.session = None

    async def predict(self, batch):
        return self.session.run(None, batch)


class QuantisedRunner(Runner):
    async def predict(self, batch):
        return [round(x) for x in await super().predict(batch)]
